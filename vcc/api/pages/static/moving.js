// What a supervisor does with one agent of the live page: put it on queues, take it off them, say what it can do.
"use strict";

const vccMoving = (() => {
  const { element, say, set, make, optional, part, list, choices, chosenText, command, doing } = vcc;
  const LEVELS = Array.from({ length: 11 }, (_, level) => [String(level), level ? String(level) : say("skill_none")]);
  const dialog = element("moving");
  const problem = element("moving-problem");

  let agent = ""; // in the dialog
  let data = null; // the page's snapshot
  let known = ""; // what was said of the agent when its work was last asked for

  const path = (what) => `/agents/${agent.split("/").map(encodeURIComponent).join("/")}/${what}`;

  // Who has said so, until when, and why.
  function because(said) {
    if (!said) return say("as_configured");
    const moment = vcc.format(data.time_zone, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
    const until = said.until === null ? "" : say("until_moment", { time: moment.format(new Date(said.until * 1000)) });
    return [say("said_by", { who: vcc.person(said.by) }), until, said.reason].filter(Boolean).join(" · ");
  }

  function button(text, work) {
    const made = make("button", "button small", text);
    made.type = "button";
    made.addEventListener("click", () => work(made));
    return made;
  }

  // --- what the dialog shows -----------------------------------------------------------------------------------------

  // The page has news: what is said of the agent is asked for again where it is something else.
  function show(snapshot) {
    data = snapshot;
    const one = data.agents.find((other) => other.agent === agent);
    if (dialog.open && one && JSON.stringify(one.assigned) !== known) doing(element("moving-queues"), problem, showWork);
  }

  async function showWork() {
    known = JSON.stringify(data.agents.find((other) => other.agent === agent)?.assigned ?? []);
    const work = await vcc.ask(`/assignments/${agent.split("/").map(encodeURIComponent).join("/")}`);
    list(element("moving-queues"), work.queues, (one) => one.queue, newQueue, showQueue);
    list(element("moving-skills"), work.skills, (one) => one.skill, newSkill, showSkill);
    element("moving-skills-section").hidden = !work.skills.length;
  }

  function newQueue() {
    const node = make("li", "moved", make("span", "main", make("strong"), make("br"), make("span", "sub")));
    const give = (on) => (one) => assign(one, "queues", { queue: node.dataset.key, on }, on === null);
    const [on, off, back] = [button(say("on_queue"), give(true)), button(say("off_queue"), give(false)), button(say("take_back_word"), give(null))];
    on.classList.add("on");
    off.classList.add("off");
    back.classList.add("back");
    node.append(make("span", "buttons", on, off, back));
    return node;
  }

  function showQueue(node, one) {
    set(node.querySelector("strong"), chosenText(one.name));
    set(part(node, "sub"), because(one.assigned));
    part(node, "on").setAttribute("aria-pressed", one.takes);
    part(node, "off").setAttribute("aria-pressed", !one.takes);
    part(node, "back").hidden = !one.assigned;
  }

  function newSkill() {
    const node = make("li", "moved", make("span", "main", make("strong"), make("br"), make("span", "sub")));
    const level = make("select");
    const back = button(say("take_back_word"), (one) => assign(one, "skills", { skill: node.dataset.key, level: null }, true));
    back.classList.add("back");
    choices(level, LEVELS);
    level.addEventListener("change", () => assign(level, "skills", { skill: node.dataset.key, level: Number(level.value) }, false));
    node.append(make("span", "buttons", make("span", "field", level), back));
    return node;
  }

  function showSkill(node, one) {
    const level = node.querySelector("select");
    set(node.querySelector("strong"), chosenText(one.name));
    set(part(node, "sub"), because(one.assigned));
    level.setAttribute("aria-label", `${chosenText(one.name)}: ${say("skill_level")}`);
    level.value = String(Math.max(0, Math.min(10, one.level)));
    part(node, "back").hidden = !one.assigned;
  }

  function open(which, name) {
    agent = which;
    optional(problem, false, "");
    set(element("moving-said"), "");
    set(element("moving-title"), name);
    element("moving-reason").value = "";
    element("moving-queues").replaceChildren();
    element("moving-skills").replaceChildren();
    dialog.showModal();
    doing(element("moving-queues"), problem, showWork);
  }

  // --- what is done --------------------------------------------------------------------------------------------------

  async function assign(one, what, body, back) {
    const until = element("moving-until").value;
    const end = back || !until ? {} : until === "shift" ? { shift: true } : { until: vcc.now() + Number(until) };
    set(element("moving-said"), "");
    const reason = element("moving-reason").value.trim();
    const done = await doing(one, problem, async () => {
      await command(path(what), { ...body, ...end, reason });
      await showWork();
    });
    if (done) set(element("moving-said"), say("is_assigned"));
    else await showWork().catch(() => {}); // what was chosen in vain is not shown as if it were so
  }

  element("moving-close").addEventListener("click", () => dialog.close());

  return { open, show };
})();
