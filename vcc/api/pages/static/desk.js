// An agent's own page: what the agent wants, the call that it is in, what came of it, whom it has parked.
"use strict";

(() => {
  const { words, number, element, say, set, make, optional, part, list, choices, chosenText, since, ask, command, doing } = vcc;
  const desk = element("desk");
  const agent = desk.dataset.agent;
  const LAST_PHONE = "vcc-own-phone"; // where the agent last went on duty in this browser
  const TALKS = ["talking", "held", "consulting", "conference"];

  let data = null; // the page's snapshot
  let targets = { agents: [], queues: [] };
  const callers = new Map(); // of the calls seen so far: for what is said of one that is over

  // --- the agent's state ---------------------------------------------------------------------------------------------

  function state() {
    if (data.wish === "signed_out" && !["talking", "held"].includes(data.phase)) return "signed_out";
    return data.phase === "idle" && data.wish !== "ready" ? "not_ready" : data.phase;
  }

  function showState() {
    const now = state();
    element("state").dataset.state = now;
    set(element("state-now"), [say(`agent_${now}`), wish(now)].filter(Boolean).join(" · "));
    since(element("state-length"), now === "signed_out" ? null : data.since, now === "wrap_up" ? data.until : null);
    set(element("state-where"), where().join(" · "));
    element("sign-in").hidden = now !== "signed_out";
    element("wishes").hidden = data.wish === "signed_out";
    element("ready").hidden = data.wish === "ready" && ["idle", "reserved", "ringing", ...TALKS].includes(data.phase);
    set(element("ready"), say(now === "wrap_up" && data.wish === "ready" ? "end_wrap_up" : "ready"));
    const more = data.more_wrap_up_s;
    optional(element("more-time"), more > 0, more < 120 ? say("more_seconds", { seconds: number.format(more) }) : say("more_minutes", { minutes: number.format(Math.round(more / 60)) }));
    element("ready").classList.toggle("main-one", ["not_ready", "unresponsive", "wrap_up"].includes(now));
  }

  // Why the agent is not ready, or what becomes of it after the call.
  function wish(now) {
    const reason = words[`reason_${data.reason}`] ?? data.reason;
    if (now === "not_ready") return reason;
    if (data.wish === "not_ready") return say("then_not_ready", { reason });
    return data.wish === "signed_out" && now !== "signed_out" ? say("then_signed_out") : "";
  }

  function where() {
    if (state() === "signed_out") return [];
    const found = [data.phone, ...data.seated.map(chosenText)].filter(Boolean);
    if (!data.reachable) found.push(say("phone_away"));
    if (data.in_use) found.push(say("phone_in_use"));
    if (data.failed) found.push(say("why_failed", { why: data.failed }));
    return found;
  }

  async function showPhones() {
    const first = !element("phone").options.length;
    const { phones } = await ask("/desk/phones");
    choices(element("phone"), phones.map((one) => [one.phone, one.name ? `${one.phone} ${one.name}` : one.phone]));
    const last = localStorage.getItem(LAST_PHONE);
    if (first && phones.some((one) => one.phone === last)) element("phone").value = last;
    optional(element("no-phones"), !phones.length, say("no_phones"));
  }

  function want(button, body) {
    return doing(button, element("state-problem"), () => command(`/agents/${agent}/state`, body));
  }

  // --- the call ------------------------------------------------------------------------------------------------------

  function showCall() {
    const call = data.call;
    element("call-none").hidden = Boolean(call);
    element("call-there").hidden = !call;
    if (!call) {
      element("others").open = false;
      optional(element("call-problem"), false, "");
      return;
    }
    const caller = call.caller || say("unknown_caller");
    callers.set(call.contact, caller);
    element("call").dataset.state = call.state;
    set(element("call-caller"), [caller, call.caller_name].filter(Boolean).join(" "));
    since(element("call-length"), call.since);
    set(element("call-state"), say(`call_${call.state}`));
    set(element("call-where"), whereCalled(call).join(" · "));
    optional(element("call-greeting"), Boolean(call.greeting), call.greeting);
    set(element("call-pick-up"), say(data.mobile_seat ? "pick_up_and_accept" : "pick_up"));
    element("call-pick-up").hidden = !(call.state === "ringing" || (!call.own && call.consultation === "ringing"));
    element("call-do").hidden = !(call.own && TALKS.includes(call.state));
    for (const button of element("talk-buttons").children) button.hidden = !offered(button.dataset, call);
    const free = ["talking", "held"].includes(call.state);
    element("others").hidden = !free;
    if (!free) element("others").open = false;
  }

  function whereCalled(call) {
    const found = [chosenText(call.tenant), chosenText(call.queue), say("dialled", { number: call.number })].filter(Boolean);
    if (!call.own && call.agent) found.push(say("asks_you", { agent: call.agent }));
    if (call.own && call.consulted) found.push(say(call.state === "conference" ? "and_also" : "consults", { who: call.consulted }));
    if (call.muted) found.push(say("muted"));
    if (["on", "paused"].includes(call.recording)) found.push(say(`recording_${call.recording}`));
    return found;
  }

  // Only what can be done now is offered: what the API would refuse is not there.
  function offered({ do: action, record }, call) {
    if (record === "start") return call.recording === "on_demand";
    if (record === "stop") return call.may_stop_recording;
    if (record) return call.recording === (record === "pause" ? "on" : "paused");
    const consulting = call.consultation !== "";
    switch (action) {
      case "hold": return call.state === "talking";
      case "resume": return call.state === "held";
      case "mute": return !call.muted;
      case "unmute": return call.muted;
      case "complete": return ["ringing", "talking", "alternated", "conference"].includes(call.consultation);
      case "alternate":
      case "conference": return ["talking", "alternated"].includes(call.consultation);
      case "cancel": return ["ringing", "talking", "alternated", "conference"].includes(call.consultation);
      default: return !consulting;
    }
  }

  function give(button, path, body) {
    const call = `/calls/${encodeURIComponent(data.call.contact)}`;
    return doing(button, element("call-problem"), () => command(`${call}/${path}`, body));
  }

  function act(button) {
    const { do: action, record } = button.dataset;
    if (record) return give(button, "recording", { action: record });
    return action === "park" ? give(button, "park", {}) : give(button, "conversation", { action });
  }

  // --- to whom -------------------------------------------------------------------------------------------------------

  async function showTargets() {
    targets = await ask("/desk/targets");
    showKind();
  }

  function showKind() {
    const kind = element("kind").value;
    const typed = kind === "number" || kind === "outside";
    element("target").hidden = element("target-label").hidden = typed;
    element("digits").hidden = element("digits-label").hidden = !typed;
    const pairs = kind === "queue" ? targets.queues.map((one) => [one.queue, chosenText(one.name)]) : targets.agents.map((one) => [one.agent, one.name]);
    if (!typed) choices(element("target"), pairs);
    element("no-targets").hidden = typed || pairs.length > 0;
    element("consult").hidden = !["agent", "outside"].includes(kind);
  }

  function target() {
    const kind = element("kind").value;
    const name = element(kind === "agent" || kind === "queue" ? "target" : "digits").value.trim();
    return { [kind]: name };
  }

  // --- what came of it, and who is parked ----------------------------------------------------------------------------

  function showConversation() {
    const of = data.conversation;
    const codes = of ? Object.entries(of.dispositions) : [];
    element("outcome").hidden = !codes.length;
    if (!codes.length) return;
    const caller = callers.get(of.contact);
    set(element("outcome-of"), [caller, chosenText(of.tenant), chosenText(of.queue)].filter(Boolean).join(" · "));
    list(element("dispositions"), codes, ([code]) => code, newDisposition, (button, [code, meaning]) => {
      set(button, chosenText(meaning).replace(/[。.]$/, "")); // it is a sentence, for it is spoken too
      button.setAttribute("aria-pressed", code === of.given ? "true" : "false");
    });
  }

  function newDisposition() {
    const button = make("button", "button");
    button.type = "button";
    button.addEventListener("click", () => {
      const path = `/calls/${encodeURIComponent(data.conversation.contact)}/disposition`;
      doing(button, element("outcome-problem"), () => command(path, { code: button.dataset.key }));
    });
    return button;
  }

  function showParked() {
    element("parked").hidden = !data.parked.length;
    list(element("parked-list"), data.parked, (one) => one.contact, newParked, (node, one) => {
      const caller = one.caller || say("unknown_caller");
      set(node.querySelector("strong"), caller);
      set(part(node, "sub"), `${say("in_slot", { slot: one.slot })} · ${chosenText(one.tenant)}`);
      since(part(node, "length"), one.since);
      part(node, "button").setAttribute("aria-label", `${say("take_back")}: ${caller}`);
    });
  }

  function newParked() {
    const button = make("button", "button", say("take_back"));
    button.type = "button";
    const node = make("li", "parked-one", make("span", "main", make("strong"), " ", make("span", "sub")), make("span", "length"), button);
    button.addEventListener("click", () => {
      const path = `/calls/${encodeURIComponent(node.dataset.key)}/retrieve`;
      doing(button, element("parked-problem"), () => command(path, { agent }));
    });
    return node;
  }

  // --- all of it -----------------------------------------------------------------------------------------------------

  function show(snapshot) {
    data = snapshot;
    showState();
    showCall();
    showConversation();
    showParked();
    if (state() === "signed_out") showPhones().catch((error) => optional(element("state-problem"), true, error.message));
    document.title = data.call ? `${say(`call_${data.call.state}`)} ${data.call.caller}` : `${say(`agent_${state()}`)} · ${data.name}`;
  }

  element("sign-in").addEventListener("submit", (event) => {
    event.preventDefault();
    const phone = element("phone").value;
    localStorage.setItem(LAST_PHONE, phone);
    want(element("sign-in-button"), { wish: "ready", phone });
  });
  element("ready").addEventListener("click", (event) => want(event.target, { wish: "ready" }));
  element("more-time").addEventListener("click", (event) => {
    doing(event.target, element("state-problem"), () => command(`/agents/${agent}/wrap-up`));
  });
  element("not-ready").addEventListener("click", (event) => want(event.target, { wish: "not_ready", reason: element("reason").value }));
  element("signed-out").addEventListener("click", (event) => want(event.target, { wish: "signed_out" }));
  for (const button of element("talk-buttons").children) button.addEventListener("click", () => act(button));
  element("others").addEventListener("toggle", () => element("others").open && doing(element("others"), element("call-problem"), showTargets));
  element("kind").addEventListener("change", showKind);
  element("send").addEventListener("submit", (event) => {
    event.preventDefault();
    give(element("transfer"), "transfer", target());
  });
  element("consult").addEventListener("click", (event) => give(event.target, "consult", target()));
  vcc.follow(desk, "/api/v1/desk/events", "desk", show);
})();
