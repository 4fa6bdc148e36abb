// What the pages' scripts share: words, elements, lengths that go on by themselves, commands, and a stream that is
// followed. Everything shown is set as text, never as HTML.
"use strict";

const vcc = (() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const language = document.documentElement.lang;
  const number = new Intl.NumberFormat(language);
  const COMMAND_MS = 20000;
  const SILENCE_MS = 35000; // three missed refreshes: the connection is dead even if nobody said so
  const RETRY_MS = [1000, 2000, 4000, 8000, 15000, 30000];

  let ahead = 0; // seconds that vcc's clock is ahead of this computer's

  const element = (id) => document.getElementById(id);
  const now = () => Date.now() / 1000 + ahead;

  function say(key, values = {}) {
    return (words[key] ?? key).replace(/{(\w+)}/g, (_, name) => values[name] ?? "");
  }

  // --- elements ------------------------------------------------------------------------------------------------------

  function set(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function make(tag, className, ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  }

  function optional(node, there, text) {
    node.hidden = !there;
    set(node, text);
  }

  const part = (node, name) => node.querySelector(`.${name}`);

  // A list has one element per key, kept while the key is there, so that nothing flickers or loses its place.
  function list(parent, items, key, create, update) {
    const before = new Map(Array.from(parent.children, (child) => [child.dataset.key, child]));
    let place = parent.firstElementChild;
    for (const item of items) {
      let node = before.get(key(item));
      if (node) before.delete(key(item));
      else {
        node = create();
        node.dataset.key = key(item);
      }
      update(node, item);
      if (node === place) place = place.nextElementSibling;
      else parent.insertBefore(node, place);
    }
    for (const gone of before.values()) gone.remove();
  }

  // What may be chosen: [value, text] pairs. What was chosen stays so while it is there.
  function choices(select, pairs) {
    const chosen = select.value;
    list(select, pairs, ([value]) => value, () => document.createElement("option"), (option, [value, text]) => {
      option.value = value;
      set(option, text);
    });
    if (pairs.some(([value]) => value === chosen)) select.value = chosen;
    select.disabled = !pairs.length;
  }

  function chosenText(texts) {
    const family = language.split("-")[0];
    const near = Object.keys(texts).find((tag) => tag.split("-")[0] === family);
    return texts[language] ?? texts[near] ?? Object.values(texts)[0] ?? "";
  }

  // Who did something, without how that one came in: user:anna is anna.
  const person = (who) => who.replace(/^(user|token):/, "");

  function format(timeZone, options) {
    return new Intl.DateTimeFormat(language, { ...options, timeZone, hourCycle: "h23" });
  }

  // --- lengths -------------------------------------------------------------------------------------------------------

  function length(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const two = (value) => String(value).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  }

  // A length that goes on by itself: the moment is kept at the element, `tick` writes it. `until`: it runs down.
  function since(node, moment, until = null) {
    delete node.dataset.since;
    delete node.dataset.until;
    if (until !== null) node.dataset.until = until;
    else if (moment !== null) node.dataset.since = moment;
    else set(node, "");
  }

  function tick(root) {
    for (const node of root.querySelectorAll("[data-since]")) set(node, length(now() - Number(node.dataset.since)));
    for (const node of root.querySelectorAll("[data-until]")) set(node, length(Number(node.dataset.until) - now() + 0.999));
  }

  // --- asking --------------------------------------------------------------------------------------------------------

  async function ask(path, options = {}) {
    let answer;
    try {
      const signal = AbortSignal.timeout(COMMAND_MS);
      answer = await fetch(`/api/v1${path}`, { cache: "no-store", signal, ...options });
    } catch {
      throw new Error(say("error_unreachable"));
    }
    const data = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(words[`error_${data.code}`] ?? say("error_other", { message: data.message ?? answer.status }));
    return data;
  }

  // A command of the session, which has to carry its token. Throws an Error that says in the page's language what is wrong.
  function command(path, body = {}) {
    const csrf = document.querySelector("input[name=csrf]").value;
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
    return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  // Do something for a button: one thing at a time, and what comes of it is said.
  async function doing(button, problem, work) {
    if (button.getAttribute("aria-busy") === "true") return false;
    button.setAttribute("aria-busy", "true");
    optional(problem, false, "");
    try {
      await work();
      return true;
    } catch (error) {
      optional(problem, true, error.message);
      return false;
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  // --- a stream of snapshots -----------------------------------------------------------------------------------------

  // Follows `address`: `show` gets each snapshot of the event `name`. Connects again by itself, and says in #status
  // whether what is shown is live. `root` has data-live. A page that nobody sees follows nothing: over HTTP/1.1 a browser
  // has six connections to a server, for all its tabs.
  function follow(root, address, name, show) {
    let stream = null;
    let retries = 0;
    let heard = 0; // when something last came, by this computer's clock
    let shown = null; // the snapshot on the page
    let live = false;
    let clocks = null; // formats in the snapshot's time zone

    function tell(isLive, text) {
      live = isLive;
      root.dataset.live = isLive ? "yes" : "no";
      set(element("status"), text);
    }

    const asOf = () => ({ time: clocks.moment.format(new Date(shown.at * 1000)) });

    function notLive() {
      tell(false, shown ? say("not_live", asOf()) : say("connecting"));
    }

    function noAccess() {
      close();
      tell(false, shown ? say("no_access", asOf()) : "");
      const again = make("a", "", say("sign_in_again"));
      again.href = `/login?next=${encodeURIComponent(location.pathname)}`;
      element("status").append(" ", again);
    }

    function close() {
      if (stream) stream.close();
      stream = null;
    }

    function take(data) {
      shown = data;
      heard = Date.now();
      retries = 0;
      const offset = data.at - Date.now() / 1000;
      if (Math.abs(offset - ahead) > 1) ahead = offset; // else the lengths would jump with each delay on the way
      clocks ??= {
        clock: format(data.time_zone, { dateStyle: "medium", timeStyle: "short" }),
        moment: format(data.time_zone, { timeStyle: "medium" }),
      };
      show(data);
      if (!live) tell(true, say("live"));
      goOn();
    }

    function goOn() {
      if (!live) return; // a length that goes on without news would be made up
      tick(root);
      set(element("clock"), clocks.clock.format(new Date(now() * 1000)));
    }

    function open() {
      close();
      if (document.hidden) return;
      heard = Date.now();
      stream = new EventSource(address);
      stream.addEventListener(name, (event) => take(JSON.parse(event.data)));
      stream.addEventListener("end", (event) => {
        if (JSON.parse(event.data).why === "no_access") noAccess();
        else notLive();
      });
      stream.addEventListener("error", () => {
        notLive();
        if (stream && stream.readyState === EventSource.CLOSED) later();
      });
    }

    // The browser gives up on an answer that is an error: ask what it means, and try again unless access has ended.
    async function later() {
      close();
      const wait = RETRY_MS[Math.min(retries, RETRY_MS.length - 1)];
      retries += 1;
      let status = 0;
      try {
        status = (await fetch("/api/v1/me", { cache: "no-store" })).status;
      } catch {
        // not reachable: try again later
      }
      if (status === 401) noAccess();
      else setTimeout(open, wait);
    }

    setInterval(() => {
      goOn();
      if (stream && Date.now() - heard > SILENCE_MS) {
        notLive();
        open();
      }
    }, 1000);
    document.addEventListener("visibilitychange", () => {
      notLive();
      if (document.hidden) close();
      else open();
    });
    addEventListener("pagehide", close);
    addEventListener("pageshow", (event) => {
      if (event.persisted) open();
    });
    open();
  }

  return {
    words, language, number, now, element, say, set, make, optional, part, list, choices, chosenText, person, format,
    length, since, ask, command, doing, follow,
  };
})();
