// Fills a tenant's live page from its stream of snapshots.
"use strict";

(() => {
  const { words, language, number, now, element, say, set, make, optional, part, list, since } = vcc;
  const chosen = vcc.chosenText;
  const board = element("board");
  const address = `/api/v1/tenants/${encodeURIComponent(board.dataset.tenant)}/board/events`;
  const CONFIRM_MS = 5000;
  let switches = new Map(); // the overflow switches that are on, by queue; of all queues under the empty name
  let names = new Map(); // of queues
  let zone = "UTC"; // the tenant's
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });

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
    const turn = make("button", "button small turn");
    turn.type = "button";
    const node = make("li", "card queue", make("span", "name"), wait, facts, make("p", "switch", make("span", "sub said-on"), " ", turn));
    turn.addEventListener("click", () => turnOverflow(turn, node.dataset.key.split("/")[1]));
    return node;
  }

  function showQueue(node, queue) {
    set(part(node, "name"), chosen(queue.name));
    part(node, "wait").dataset.some = queue.waiting ? "yes" : "no";
    set(part(node, "many"), queue.waiting ? `${say("queue_waiting")} ${number.format(queue.waiting)} ·` : say("nobody_waits"));
    since(part(node, "oldest"), queue.waiting_since);
    set(part(node, "ready"), `${say("queue_ready")} ${number.format(queue.agents_ready)}`);
    set(part(node, "signed"), `${say("queue_signed_in")} ${number.format(queue.agents_signed_in)}`);
    part(node, "switch").hidden = !queue.switch;
    showSwitch(part(node, "switch"), queue.queue.split("/")[1]);
  }

  // --- the overflow switches -------------------------------------------------------------------------------------------

  // How the switch of a queue (empty: of all) stands. One that is off while that of all queues is on says so.
  function showSwitch(node, queue) {
    const on = switches.get(queue);
    const time = (at) => vcc.format(zone, { hour: "2-digit", minute: "2-digit", month: "numeric", day: "numeric" }).format(new Date(at * 1000));
    const words = on ? [say("overflow_on", { who: vcc.person(on.by), time: time(on.at) }), on.reason] : [say(queue && switches.has("") ? "overflow_by_all" : queue ? "overflow_off" : "overflow_all_off")];
    set(part(node, "said-on"), words.filter(Boolean).join(" · "));
    node.dataset.on = on ? "yes" : "no";
    const turn = part(node, "turn");
    if (turn.dataset.sure !== "yes") set(turn, say(on ? "turn_off" : "turn_on"));
    turn.setAttribute("aria-label", `${say(on ? "turn_off" : "turn_on")}: ${say("overflow")}${queue ? " " + queue : ""}`);
  }

  // Callers are led elsewhere by it: to turn it on is asked twice.
  async function turnOverflow(turn, queue) {
    const on = !switches.has(queue);
    if (on && turn.dataset.sure !== "yes") {
      turn.dataset.sure = "yes";
      set(turn, say("turn_on_sure"));
      setTimeout(() => {
        delete turn.dataset.sure;
        set(turn, say(switches.has(queue) ? "turn_off" : "turn_on"));
      }, CONFIRM_MS);
      return;
    }
    delete turn.dataset.sure;
    await vcc.doing(turn, element("overflow-problem"), () => vcc.command(`/tenants/${encodeURIComponent(board.dataset.tenant)}/overflow`, { on, queue }));
  }

  element("overflow").querySelector("button").addEventListener("click", (event) => turnOverflow(event.target, ""));

  // --- agents and calls ------------------------------------------------------------------------------------------------

  function newAgent() {
    const face = make("span", "face");
    face.setAttribute("aria-hidden", "true");
    const name = make("span", "", make("strong"), make("span", "tag leased"), make("span", "tag bad away"), make("span", "tag using"), make("span", "tag moved-to"));
    const more = make("button", "tool more", "⋯");
    more.type = "button";
    const node = make("li", "agent", face, make("span", "main", name, make("br"), make("span", "state")), make("span", "length"), more);
    more.addEventListener("click", () => vccMoving.open(node.dataset.key, node.querySelector("strong").textContent));
    return node;
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
    optional(part(node, "moved-to"), agent.assigned.length > 0, agent.assigned.map(moved).join(" "));
    part(node, "more").setAttribute("aria-label", say("actions_for", { caller: agent.name }));
    const reason = agent.reason ? words[`reason_${agent.reason}`] ?? agent.reason : "";
    set(part(node, "state"), say(`agent_${state}`) + (reason ? ` · ${reason}` : ""));
    since(part(node, "length"), agent.since);
  }

  // What supervisors have said of an agent, shortly: on a queue, off it, a skill.
  function moved(said) {
    if (said.skill) return `${said.skill}=${said.level}`;
    return `${said.level ? "+" : "−"}${chosen(names.get(said.queue) ?? { en: said.queue })}`;
  }

  function newCall() {
    const tags = make("span", "tags", make("span", "tag silent"), make("span", "tag recorded"));
    const main = make("span", "main", make("strong"), " ", make("span", "sub named"));
    const more = make("button", "tool more", "⋯");
    more.type = "button";
    more.addEventListener("click", () => vccCall.open(more.closest("li").dataset.key));
    return make("li", "call", make("span", "state"), main, make("span", "whom", make("span", "sub where"), tags), make("span", "length"), more);
  }

  function showCall(node, call, queues) {
    const caller = call.caller || say("unknown_caller");
    node.dataset.state = call.state;
    set(part(node, "state"), say(`call_${call.state}`));
    set(node.querySelector("strong"), caller);
    set(part(node, "named"), call.caller_name);
    set(part(node, "where"), vccCall.where(call, queues).join(" · "));
    optional(part(node, "silent"), call.muted, say("muted"));
    const recorded = ["on", "paused"].includes(call.recording);
    optional(part(node, "recorded"), recorded, recorded ? say(`recording_${call.recording}`) : "");
    since(part(node, "length"), call.since);
    part(node, "more").setAttribute("aria-label", say("actions_for", { caller }));
  }

  // Those who need something first, then those at work, then those away.
  const ORDER = ["unresponsive", "idle", "reserved", "ringing", "talking", "held", "wrap_up", "busy_elsewhere", "not_ready"];

  function show(data) {
    element("closed").hidden = !data.closed;
    figures(data.figures, data.queues);
    const queues = new Map(data.queues.map((queue) => [queue.queue, queue]));
    switches = new Map(data.overflow.map((one) => [one.queue, one]));
    names = new Map(data.queues.map((queue) => [queue.queue, queue.name]));
    zone = data.time_zone;
    element("overflow").hidden = !data.queues.some((queue) => queue.switch) && !data.overflow.length;
    showSwitch(element("overflow"), "");
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
    vccCall.show(data, queues);
    vccMoving.show(data);
    document.title = `${data.figures.waiting ? `(${data.figures.waiting}) ` : ""}${chosen(data.name)}`;
  }

  vcc.follow(board, address, "board", show);
})();
