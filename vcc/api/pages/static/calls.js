// What a supervisor does with one call of the live page: listen, send on, park and take back, move, hang up.
"use strict";

const vccCall = (() => {
  const { element, say, set, make, optional, list, choices, chosenText, command, doing } = vcc;
  const CONVERSING = ["talking", "held", "consulting", "conference"];
  const CONFIRM_MS = 5000;
  const LAST_PHONE = "vcc-phone"; // which phone this browser's user has had rung
  const dialog = element("call");
  const problem = element("call-problem");
  const tenant = element("board").dataset.tenant;

  let contact = ""; // of the call in the dialog
  let data = null; // the page's snapshot
  let queues = new Map();

  const queueName = (key) => chosenText(queues.get(key)?.name ?? { en: key });

  // Where a call is and with whom, in words.
  function where(call, known) {
    const found = call.queue ? [chosenText(known.get(call.queue)?.name ?? { en: call.queue })] : [];
    if (call.state === "waiting" && call.position) found.push(say("place", { place: call.position }));
    if (call.agent) found.push(say("with", { agent: call.agent }));
    if (call.outside) found.push(say("with_outside", { number: call.outside }));
    if (call.consulted) found.push(say(call.state === "conference" ? "and_also" : "consults", { who: call.consulted }));
    if (call.slot) found.push(say("in_slot", { slot: call.slot }), say("parked_by", { agent: call.left_agent }));
    return found;
  }

  // --- what the dialog shows -----------------------------------------------------------------------------------------

  function show(snapshot, known) {
    [data, queues] = [snapshot, known];
    if (dialog.open) showCall();
  }

  function showCall() {
    const call = data.calls.find((one) => one.contact === contact);
    optional(element("call-over"), !call, say("call_is_over"));
    const talks = Boolean(call && CONVERSING.includes(call.state) && call.agent);
    const free = talks && ["talking", "held"].includes(call.state);
    element("call-listen").hidden = !talks;
    element("call-send").hidden = element("call-away").hidden = !free;
    element("call-back").hidden = call?.state !== "parked";
    element("call-move").hidden = call?.state !== "waiting";
    element("call-end").hidden = !call;
    if (!call) return;
    set(element("call-title"), [call.caller || say("unknown_caller"), call.caller_name].filter(Boolean).join(" "));
    set(element("call-where"), [say(`call_${call.state}`), ...where(call, queues)].join(" · "));
    const watching = (one) => say(one.hears ? "supervises" : "rings_to_supervise", { phone: one.phone, mode: say(`mode_${one.mode}`) });
    list(element("call-supervisors"), call.supervisors, (one) => one.phone, () => make("li"), (node, one) => set(node, watching(one)));
    const ready = data.agents.filter((one) => one.wish === "ready" && ["idle", "wrap_up"].includes(one.phase) && one.reachable);
    choices(element("call-taker"), ready.map((one) => [one.agent, one.name]));
    choices(element("call-other-queue"), data.queues.filter((one) => one.queue !== call.queue).map((one) => [one.queue, queueName(one.queue)]));
    showTargets(ready);
  }

  function showTargets(ready) {
    const kind = element("call-kind").value;
    const typed = kind === "number" || kind === "outside";
    element("call-target").hidden = element("call-target-label").hidden = typed;
    element("call-digits").hidden = element("call-digits-label").hidden = !typed;
    if (kind === "agent") choices(element("call-target"), ready.map((one) => [one.agent, one.name]));
    if (kind === "queue") choices(element("call-target"), data.queues.map((one) => [one.queue, queueName(one.queue)]));
  }

  async function showPhones() {
    const { phones } = await vcc.ask(`/phones?tenant=${encodeURIComponent(tenant)}&to_ring=true`);
    const free = (one) => !one.agent && !one.in_use; // first, so that nobody rings an agent's phone without choosing it
    phones.sort((one, other) => free(other) - free(one));
    const who = (one) => data.agents.find((agent) => agent.agent === one.agent)?.name ?? one.agent;
    const text = (one) => [[one.phone, one.name].filter(Boolean).join(" "), who(one)].filter(Boolean).join(" · ");
    choices(element("call-phone"), phones.map((one) => [one.phone, text(one)]));
    const last = localStorage.getItem(LAST_PHONE);
    if (phones.some((one) => one.phone === last)) element("call-phone").value = last;
    optional(element("call-no-phones"), !phones.length, say("no_phones"));
  }

  function open(which) {
    contact = which;
    optional(problem, false, "");
    set(element("call-said"), "");
    calm();
    dialog.showModal();
    showCall();
    doing(element("call-listen"), problem, showPhones);
  }

  // --- what is done --------------------------------------------------------------------------------------------------

  // Give a command for the call, and say that it was taken; what comes of it is seen on the page.
  async function give(button, path, body, said) {
    set(element("call-said"), "");
    if (await doing(button, problem, () => command(`/calls/${encodeURIComponent(contact)}/${path}`, body))) set(element("call-said"), say(said));
  }

  function supervise(button) {
    const phone = element("call-phone").value;
    localStorage.setItem(LAST_PHONE, phone);
    return give(button, "supervise", { phone, mode: button.dataset.mode }, "phone_is_told");
  }

  function send(event) {
    event.preventDefault();
    const kind = element("call-kind").value;
    const name = element(kind === "agent" || kind === "queue" ? "call-target" : "call-digits").value.trim();
    return give(element("call-transfer"), "transfer", { [kind]: name }, "on_the_way");
  }

  // The end of somebody's call is asked twice.
  function hangUp(button) {
    if (button.dataset.sure !== "yes") {
      button.dataset.sure = "yes";
      set(button, say("hang_up_sure"));
      setTimeout(calm, CONFIRM_MS);
      return null;
    }
    calm();
    return give(button, "hang-up", {}, "call_ends");
  }

  function calm() {
    const button = element("call-hang-up");
    delete button.dataset.sure;
    set(button, say("hang_up"));
  }

  for (const button of dialog.querySelectorAll("[data-mode]")) button.addEventListener("click", () => supervise(button));
  element("call-close").addEventListener("click", () => dialog.close());
  element("call-kind").addEventListener("change", showCall);
  element("call-send").addEventListener("submit", send);
  element("call-park").addEventListener("click", (event) => give(event.target, "park", {}, "is_parked"));
  element("call-retrieve").addEventListener("click", (event) => give(event.target, "retrieve", { agent: element("call-taker").value }, "on_the_way"));
  element("call-requeue").addEventListener("click", (event) => give(event.target, "move", { queue: element("call-other-queue").value }, "is_moved"));
  element("call-hang-up").addEventListener("click", (event) => hangUp(event.target));

  return { open, show, where };
})();
