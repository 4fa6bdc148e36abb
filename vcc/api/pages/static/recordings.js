// The recordings of a tenant: searched, played in the page, downloaded, and who has heard them.
"use strict";

(() => {
  const { element, say, set, make, optional, part, list, length, number, format, ask, doing } = vcc;
  const page = element("recordings-page");
  const zone = page.dataset.timeZone;
  const mayListen = page.dataset.mayListen === "yes";
  const moment = format(zone, { dateStyle: "medium", timeStyle: "medium" });
  const names = (id) => new Map(Array.from(element(id).options, (one) => [one.value, one.textContent]));
  const [agents, queues] = [names("agent"), names("queue")];
  const ROWS = 25; // that one look shall bring
  const LOOKS = 20; // at the API for that, at most: not every call is recorded
  const CALLS = 200; // that each of them looks through
  const TOGETHER_S = 300; // a browser asks for the sound in parts: within this time it is one hearing

  let found = [];
  let wanted = {};
  let next = null;

  // --- times ---------------------------------------------------------------------------------------------------------

  const WALL = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  const wall = new Intl.DateTimeFormat("en-US", { ...WALL, timeZone: zone, hourCycle: "h23" });

  // How far the tenant's clocks are ahead of UTC at a moment, in milliseconds.
  function offset(at) {
    const parts = Object.fromEntries(wall.formatToParts(at).map((one) => [one.type, Number(one.value)]));
    return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) - Math.floor(at / 1000) * 1000;
  }

  // POSIX seconds of what was chosen on the tenant's clock; an hour that a change of clocks leaves out is the next one.
  function seconds(text) {
    if (!text) return null;
    const asUtc = Date.parse(`${text}Z`);
    const near = asUtc - offset(asUtc);
    return (asUtc - offset(near)) / 1000;
  }

  // --- looking -------------------------------------------------------------------------------------------------------

  function question() {
    const asked = {
      tenant: page.dataset.tenant,
      since: seconds(element("since").value),
      until: seconds(element("until").value),
      agent: element("agent").value,
      queue: element("queue").value,
      caller: element("caller").value.replace(/[\s().-]/g, ""), // as people write a number
      limit: CALLS,
    };
    return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null && value !== ""));
  }

  async function look() {
    const target = found.length + ROWS;
    for (let looks = 0; looks < LOOKS && found.length < target; looks += 1) {
      const before = next === null ? {} : { before: next };
      const answer = await ask(`/recordings?${new URLSearchParams({ ...wanted, ...before })}`);
      found.push(...answer.recordings);
      next = answer.next;
      if (next === null) break;
    }
    show();
  }

  function search(event) {
    event?.preventDefault();
    [found, next, wanted] = [[], null, question()];
    element("found").replaceChildren();
    return doing(element("find"), element("problem"), look);
  }

  // --- what is shown -------------------------------------------------------------------------------------------------

  function show() {
    list(element("found"), found, (one) => one.recording, newRow, showRow);
    element("none").hidden = found.length > 0;
    element("more").hidden = next === null;
    set(element("count"), found.length ? number.format(found.length) + (next === null ? "" : "+") : "");
  }

  function newRow() {
    const buttons = make("span", "buttons");
    const main = make("span", "main", make("strong"), make("br"), make("span", "sub where"));
    return make("li", "recording", make("span", "when"), main, make("span", "length"), buttons, make("div", "more-of"));
  }

  function showRow(node, one) {
    const playable = one.finished_at !== null && one.erased_at === null && !one.problem;
    set(part(node, "when"), moment.format(new Date((one.began_at ?? one.finished_at) * 1000)));
    set(node.querySelector("strong"), one.caller || say("unknown_caller"));
    set(part(node, "where"), [queues.get(one.queue) ?? one.queue, agents.get(one.agent) ?? one.agent, what(one)].filter(Boolean).join(" · "));
    set(part(node, "length"), one.seconds ? length(one.seconds) : "");
    const buttons = part(node, "buttons");
    if (buttons.childElementCount) return;
    const caller = one.caller || say("unknown_caller");
    if (playable && mayListen) buttons.append(button("play", caller, () => play(node, one)), download(one, caller));
    buttons.append(button("heard_by", caller, (pressed) => heard(pressed, node, one)));
  }

  // What has become of it, where that is not simply a file.
  function what(one) {
    if (one.erased_at !== null) return say("erased_at", { time: moment.format(new Date(one.erased_at * 1000)) });
    if (one.problem) return say("no_file", { why: one.problem });
    if (one.finished_at === null) return say("goes_on");
    return one.pauses ? say("pauses", { count: number.format(one.pauses) }) : "";
  }

  function button(key, caller, work) {
    const made = make("button", `button ${key}`, say(key));
    made.type = "button";
    made.setAttribute("aria-label", `${say(key)}: ${caller}`);
    made.addEventListener("click", () => work(made));
    return made;
  }

  const sound = (one) => `/api/v1/recordings/${encodeURIComponent(one.recording)}/audio`;

  function download(one, caller) {
    const link = make("a", "button download", say("download"));
    link.href = `${sound(one)}?download=true`;
    link.download = `${one.recording}.wav`;
    link.setAttribute("aria-label", `${say("download")}: ${caller}`);
    return link;
  }

  // --- playing, and who has ------------------------------------------------------------------------------------------

  function play(node, one) {
    for (const other of document.querySelectorAll("audio")) other.pause();
    let player = node.querySelector("audio");
    if (!player) {
      player = make("audio");
      player.controls = true;
      player.src = sound(one);
      player.setAttribute("aria-label", `${say("recordings")}: ${one.caller}`);
      player.addEventListener("error", () => optional(element("problem"), true, say("cannot_play")));
      part(node, "more-of").prepend(player);
    }
    player.play().catch(() => {}); // what is wrong is told by its error
  }

  function heard(pressed, node, one) {
    return doing(pressed, element("problem"), async () => {
      const { plays } = await ask(`/recordings/${encodeURIComponent(one.recording)}`);
      let shown = part(node, "heard");
      if (!shown) {
        shown = make("ul", "sub heard");
        part(node, "more-of").append(shown);
      }
      const lines = hearings(plays).map((play) => make("li", "", hearing(play)));
      shown.replaceChildren(...(lines.length ? lines : [make("li", "", say("nobody_heard"))]));
    });
  }

  function hearings(plays) {
    const last = new Map();
    return plays.filter((play) => {
      const key = `${play.who} ${play.how}`;
      const before = last.get(key);
      last.set(key, play.at);
      return before === undefined || play.at - before > TOGETHER_S;
    });
  }

  function hearing(play) {
    const who = play.who.replace(/^user:/, "");
    return `${moment.format(new Date(play.at * 1000))} ${say(`heard_${play.how}`, { who })}`;
  }

  element("may-not").hidden = mayListen;
  element("search").addEventListener("submit", search);
  element("more").addEventListener("click", (event) => doing(event.target, element("problem"), look));
  search();
})();
