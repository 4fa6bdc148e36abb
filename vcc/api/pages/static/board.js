// Fills a tenant's live page from its stream of snapshots.
"use strict";

(() => {
  const { words, language, number, now, element, say, set, make, optional, part, list, since } = vcc;
  const chosen = vcc.chosenText;
  const board = element("board");
  const address = `/api/v1/tenants/${encodeURIComponent(board.dataset.tenant)}/board/events`;
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
    document.title = `${data.figures.waiting ? `(${data.figures.waiting}) ` : ""}${chosen(data.name)}`;
  }

  vcc.follow(board, address, "board", show);
})();
