// Who is to be called back by a tenant: when, at which place, how often that was tried; and to cancel one.
"use strict";

(() => {
  const { words, element, say, set, make, optional, part, list, number, format, ask, command, doing, now } = vcc;
  const page = element("callbacks-page");
  const moment = format(page.dataset.timeZone, { dateStyle: "medium", timeStyle: "short" });
  const tenant = page.dataset.tenant;
  const queues = JSON.parse(page.dataset.queues);
  // What changes who is on the list, or the places of those who are.
  const CHANGES = [
    "CallbackAsked", "CallbackDialled", "CallbackReached", "CallbackFailed", "CallbackOver", "ContactArrived",
    "ContactQueued", "QueueLeft", "AgentConnected", "CommandGiven",
  ];
  const PAUSE_MS = 1000; // between two looks, however much happens
  const AGAIN_MS = 5000; // until the stream is opened anew that the browser has given up
  const CONFIRM_MS = 5000;
  const LONGEST_MS = 3600000;

  let looking = false;
  let stale = false; // something has happened since the look began
  let stream = null;
  let turn = 0; // the timer for whoever is due next

  // --- what is shown -------------------------------------------------------------------------------------------------

  function show(callbacks) {
    list(element("open"), callbacks, (one) => one.callback, newRow, showRow);
    element("none").hidden = callbacks.length > 0;
    set(element("count"), callbacks.length ? number.format(callbacks.length) : "");
  }

  function newRow() {
    const cancel = make("button", "button danger", say("cancel_callback"));
    cancel.type = "button";
    cancel.addEventListener("click", () => giveUp(cancel));
    const main = make("span", "main", make("strong"), make("br"), make("span", "sub where"));
    const state = make("span", "state");
    return make("li", "called-back", make("span", "when"), main, state, make("span", "buttons", cancel));
  }

  function showRow(node, one) {
    const later = one.state === "scheduled";
    const time = moment.format(new Date((later ? one.due : one.asked) * 1000));
    node.dataset.state = one.state;
    node.dataset.number = one.number;
    set(part(node, "when"), say(later ? "due_at" : "asked_at", { time }));
    set(node.querySelector("strong"), one.number);
    set(part(node, "state"), say(`callback_${one.state}`));
    const place = one.position === null ? "" : say("at_place", { place: number.format(one.position) });
    const tried = one.attempts ? say("tried", { count: number.format(one.attempts) }) : "";
    const last = one.last ? say("last_why", { why: words[`unreached_${one.last.replaceAll(" ", "_")}`] ?? one.last }) : "";
    set(part(node, "where"), [queues[one.queue] ?? one.queue, place, tried, last].filter(Boolean).join(" · "));
    name(node.querySelector("button"));
  }

  // --- to cancel one -------------------------------------------------------------------------------------------------

  // That somebody is called back is a promise: its end is asked twice.
  function giveUp(button) {
    if (button.dataset.sure === "yes") {
      calm(button);
      doing(button, element("problem"), async () => {
        await command(`/callbacks/${encodeURIComponent(button.closest("li").dataset.key)}/cancel`);
        look();
      });
      return;
    }
    button.dataset.sure = "yes";
    set(button, say("cancel_callback_sure"));
    name(button);
    setTimeout(() => calm(button), CONFIRM_MS);
  }

  function calm(button) {
    delete button.dataset.sure;
    set(button, say("cancel_callback"));
    name(button);
  }

  function name(button) {
    const row = button.closest("li");
    if (row) button.setAttribute("aria-label", `${button.textContent}: ${row.dataset.number}`);
  }

  // --- looking -------------------------------------------------------------------------------------------------------

  // One look at a time; what happens meanwhile is seen by the next.
  async function look() {
    stale = true;
    if (looking) return;
    looking = true;
    while (stale && !document.hidden) {
      stale = false;
      await doing(page, element("problem"), async () => {
        const { callbacks } = await ask(`/callbacks?${new URLSearchParams({ tenant })}`);
        show(callbacks);
        wake(callbacks);
      });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    looking = false;
  }

  // No fact tells that somebody's time has come.
  function wake(callbacks) {
    clearTimeout(turn);
    const due = callbacks.filter((one) => one.state === "scheduled").map((one) => one.due);
    if (due.length) turn = setTimeout(look, Math.min(Math.max((Math.min(...due) - now()) * 1000, 0) + PAUSE_MS, LONGEST_MS));
  }

  // When the connection is lost the browser connects again by itself, and it is looked again.
  function follow() {
    close();
    if (document.hidden) return;
    stream = new EventSource(`/api/v1/events?${new URLSearchParams({ tenant, kinds: CHANGES.join(",") })}`);
    for (const event of ["hello", "fact", "gap"]) stream.addEventListener(event, look);
    stream.addEventListener("error", () => {
      optional(element("problem"), true, say("error_unreachable"));
      if (!stream || stream.readyState !== EventSource.CLOSED) return;
      close();
      look(); // which says what is wrong
      setTimeout(follow, AGAIN_MS);
    });
  }

  function close() {
    if (stream) stream.close();
    stream = null;
  }

  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => {
    if (event.persisted) follow();
  });
  follow();
})();
