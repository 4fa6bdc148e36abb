// Fills a tenant's live page from its stream of snapshots. Everything shown is set as text, never as HTML.
"use strict";

(() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const board = document.getElementById("board");
  const language = document.documentElement.lang;
  const address = `/api/v1/tenants/${encodeURIComponent(board.dataset.tenant)}/board/events`;
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const number = new Intl.NumberFormat(language);
  const SILENCE_MS = 35000; // three missed refreshes: the connection is dead even if nobody said so
  const RETRY_MS = [1000, 2000, 4000, 8000, 15000, 30000];

  let stream = null;
  let retries = 0;
  let heard = 0; // when something last came, by this computer's clock
  let ahead = 0; // seconds that vcc's clock is ahead of this computer's
  let shown = null; // the snapshot on the page
  let live = false;
  let clocks = null; // formats in the tenant's time zone

  const element = (id) => document.getElementById(id);
  const now = () => Date.now() / 1000 + ahead;

  function say(key, values = {}) {
    return (words[key] ?? key).replace(/{(\w+)}/g, (_, name) => values[name] ?? "");
  }

  function set(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function make(tag, className, ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  }

  function length(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const two = (value) => String(value).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  }

  function chosen(texts) {
    const family = language.split("-")[0];
    const near = Object.keys(texts).find((tag) => tag.split("-")[0] === family);
    return texts[language] ?? texts[near] ?? Object.values(texts)[0] ?? "";
  }

  // A length that goes on by itself: `since` is kept at the element, `tick` writes it.
  function since(node, moment) {
    if (moment === null) delete node.dataset.since;
    else node.dataset.since = moment;
    if (moment === null) set(node, "");
  }

  function tick() {
    if (!live) return; // a length that goes on without news would be made up
    for (const node of board.querySelectorAll("[data-since]")) set(node, length(now() - Number(node.dataset.since)));
    if (clocks) set(element("clock"), clocks.clock.format(new Date(now() * 1000)));
  }

  // --- lists: one element per key, kept while the key is there, so that nothing flickers or loses its place ----------

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

  const part = (node, name) => node.querySelector(`.${name}`);

  // --- figures -------------------------------------------------------------------------------------------------------

  function figure(key, value, hint, { share = null, tone = "" } = {}) {
    const node = board.querySelector(`[data-figure="${key}"]`);
    set(part(node, "value"), value);
    set(part(node, "hint"), hint || "\u00a0");
    node.dataset.tone = tone;
    if (share === null) return;
    let meter = part(node, "meter");
    if (!meter) {
      meter = make("dd", "meter", make("span"));
      meter.setAttribute("aria-hidden", "true");
      part(node, "value").after(meter);
    }
    meter.firstChild.style.width = `${Math.min(1, share) * 100}%`;
  }

  const ratio = (value) => (value === null ? "–" : percent.format(value));
  const share = (of, all) => (all > 0 ? percent.format(of / all) : null);

  function figures(day, queues) {
    const ended = day.answered + day.abandoned;
    const oldest = Math.min(...queues.map((queue) => queue.waiting_since ?? Infinity));
    const waited = now() - oldest;
    const late = day.waiting > 0 && waited > Math.max(0, ...day.thresholds_s);
    figure("calls_in", number.format(day.calls_in), say("talking_now", { count: number.format(day.talking) }));
    figure("waiting", number.format(day.waiting), "", { tone: late ? "attention" : "" });
    waitingHint(day.waiting > 0 && isFinite(oldest) ? oldest : null);
    figure("answered", number.format(day.answered), hinted("answer_rate", share(day.answered, ended)));
    figure("abandoned", number.format(day.abandoned), hinted("abandonment_rate", share(day.abandoned, ended)));
    figure("service_level", ratio(day.service_level), levelHint(day), { share: day.service_level ?? 0 });
    figure("utilisation", ratio(day.utilisation), say("utilisation_hint"), { share: day.utilisation ?? 0 });
  }

  function hinted(key, value) {
    return value === null ? "" : say(key, { share: value });
  }

  function levelHint(day) {
    const variant = say(`variant_${day.service_level_variant}`);
    if (!day.thresholds_s.length) return variant;
    const first = number.format(day.thresholds_s[0]);
    const last = number.format(day.thresholds_s[day.thresholds_s.length - 1]);
    const key = first === last ? "within" : "within_several";
    const comma = language.startsWith("zh") ? "，" : ", ";
    return say(key, { seconds: first === last ? first : `${first}–${last}` }) + comma + variant;
  }

  function waitingHint(oldest) {
    const hint = part(board.querySelector('[data-figure="waiting"]'), "hint");
    if (oldest === null) {
      set(hint, say("nobody_waits"));
      return;
    }
    let time = hint.querySelector("span");
    if (!time) {
      time = make("span");
      hint.replaceChildren(`${say("longest")} `, time);
    }
    since(time, oldest);
  }

  // --- queues, agents, calls -------------------------------------------------------------------------------------------

  function newQueue() {
    const wait = make("span", "wait", make("span", "many"), " ", make("span", "oldest"));
    const facts = make("span", "facts", make("span", "ready"), make("span", "signed"));
    return make("li", "card queue", make("span", "name"), wait, facts);
  }

  function showQueue(node, queue) {
    set(part(node, "name"), chosen(queue.name));
    part(node, "wait").dataset.some = queue.waiting ? "yes" : "no";
    set(part(node, "many"), queue.waiting ? `${say("queue_waiting")} ${number.format(queue.waiting)} ·` : say("nobody_waits"));
    since(part(node, "oldest"), queue.waiting_since);
    set(part(node, "ready"), `${say("queue_ready")} ${number.format(queue.agents_ready)}`);
    set(part(node, "signed"), `${say("queue_signed_in")} ${number.format(queue.agents_signed_in)}`);
  }

  function newAgent() {
    const face = make("span", "face");
    face.setAttribute("aria-hidden", "true");
    const name = make("span", "", make("strong"), make("span", "tag leased"), make("span", "tag bad away"), make("span", "tag using"));
    const state = make("span", "state");
    return make("li", "agent", face, make("span", "main", name, make("br"), state), make("span", "length"));
  }

  function stateOf(agent) {
    return agent.phase === "idle" && agent.wish !== "ready" ? "not_ready" : agent.phase;
  }

  function showAgent(node, agent) {
    const state = stateOf(agent);
    node.dataset.state = state;
    set(part(node, "face"), Array.from(agent.name)[0] ?? "");
    set(node.querySelector("strong"), agent.name);
    optional(part(node, "leased"), agent.leased, say("leased"));
    optional(part(node, "away"), !agent.reachable, say("phone_away"));
    optional(part(node, "using"), agent.in_use, say("phone_in_use"));
    const reason = agent.reason ? words[`reason_${agent.reason}`] ?? agent.reason : "";
    set(part(node, "state"), say(`agent_${state}`) + (reason ? ` · ${reason}` : ""));
    since(part(node, "length"), agent.since);
  }

  function optional(node, there, text) {
    node.hidden = !there;
    set(node, text);
  }

  function newCall() {
    const main = make("span", "main", make("strong"), " ", make("span", "sub named"));
    return make("li", "call", make("span", "state"), main, make("span", "sub whom"), make("span", "length"));
  }

  function showCall(node, call, queues) {
    node.dataset.state = call.state;
    set(part(node, "state"), say(`call_${call.state}`));
    set(node.querySelector("strong"), call.caller || say("unknown_caller"));
    set(part(node, "named"), call.caller_name);
    const where = call.queue ? chosen(queues.get(call.queue)?.name ?? { en: call.queue }) : "";
    const place = call.state === "waiting" && call.position ? say("place", { place: call.position }) : "";
    const whom = call.agent ? say("with", { agent: call.agent }) : place;
    set(part(node, "whom"), [where, whom].filter(Boolean).join(" · "));
    since(part(node, "length"), call.since);
  }

  // Those who need something first, then those at work, then those away.
  const ORDER = ["unresponsive", "idle", "reserved", "ringing", "talking", "held", "wrap_up", "busy_elsewhere", "not_ready"];

  function show(data) {
    shown = data;
    const offset = data.at - Date.now() / 1000;
    if (Math.abs(offset - ahead) > 1) ahead = offset; // else the lengths would jump with each delay on the way
    clocks ??= {
      clock: format(data.time_zone, { dateStyle: "medium", timeStyle: "short" }),
      moment: format(data.time_zone, { timeStyle: "medium" }),
    };
    element("closed").hidden = !data.closed;
    figures(data.figures, data.queues);
    const queues = new Map(data.queues.map((queue) => [queue.queue, queue]));
    element("queues-section").hidden = !data.queues.length;
    list(element("queues"), data.queues, (queue) => queue.queue, newQueue, showQueue);
    const agents = [...data.agents].sort((a, b) => ORDER.indexOf(stateOf(a)) - ORDER.indexOf(stateOf(b)));
    list(element("agents"), agents, (agent) => agent.agent, newAgent, showAgent);
    list(element("calls"), data.calls, (call) => call.contact, newCall, (node, call) => showCall(node, call, queues));
    set(element("agents-count"), agents.length ? number.format(agents.length) : "");
    const calls = data.calls.length + data.calls_not_shown;
    set(element("calls-count"), calls ? number.format(calls) : "");
    element("agents-none").hidden = agents.length > 0;
    element("calls-none").hidden = calls > 0;
    optional(element("calls-more"), data.calls_not_shown > 0, say("calls_more", { count: number.format(data.calls_not_shown) }));
    document.title = `${data.figures.waiting ? `(${data.figures.waiting}) ` : ""}${chosen(data.name)}`;
  }

  function format(timeZone, options) {
    return new Intl.DateTimeFormat(language, { ...options, timeZone, hourCycle: "h23" });
  }

  // --- the connection --------------------------------------------------------------------------------------------------

  function tell(isLive, text) {
    live = isLive;
    board.dataset.live = isLive ? "yes" : "no";
    set(element("status"), text);
  }

  function notLive() {
    if (shown) tell(false, say("not_live", { time: clocks.moment.format(new Date(shown.at * 1000)) }));
    else tell(false, say("connecting"));
  }

  function noAccess() {
    close();
    tell(false, shown ? say("no_access", { time: clocks.moment.format(new Date(shown.at * 1000)) }) : "");
    const again = make("a", "", say("sign_in_again"));
    again.href = `/login?next=${encodeURIComponent(location.pathname)}`;
    element("status").append(" ", again);
  }

  function close() {
    if (stream) stream.close();
    stream = null;
  }

  function open() {
    close();
    heard = Date.now();
    stream = new EventSource(address);
    stream.addEventListener("board", (event) => {
      heard = Date.now();
      retries = 0;
      show(JSON.parse(event.data));
      if (!live) tell(true, say("live"));
      tick();
    });
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
    tick();
    if (stream && Date.now() - heard > SILENCE_MS) {
      notLive();
      open();
    }
  }, 1000);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => {
    if (event.persisted) open();
  });
  open();
})();
