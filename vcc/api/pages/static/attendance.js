// Who was there of those whom the shift tables name: each shift, and each agent's rate.
"use strict";

(() => {
  const { element, say, set, make, part, list, length, number, format, ask, doing, language } = vcc;
  const page = element("attendance-page");
  const clock = format(page.dataset.timeZone, { hour: "2-digit", minute: "2-digit" });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const ratio = (value) => (value === null ? "–" : percent.format(value));
  const time = (at) => clock.format(new Date(at * 1000));

  function figure(key, value, hint) {
    const node = document.querySelector(`[data-figure="${key}"]`);
    set(part(node, "value"), value);
    set(part(node, "hint"), hint);
  }

  async function look() {
    const asked = { since: element("since").value, until: element("until").value };
    const wanted = Object.fromEntries(Object.entries(asked).filter(([, value]) => value));
    const path = `/tenants/${encodeURIComponent(page.dataset.tenant)}/shifts`;
    show(await ask(`${path}?${new URLSearchParams(wanted)}`));
  }

  function show(answer) {
    element("since").value = answer.since;
    element("until").value = answer.until;
    const total = answer.total;
    figure("attendance_rate", ratio(total.rate), say("came_of", { came: number.format(total.attended), planned: number.format(total.planned) }));
    figure("presence", ratio(total.presence), say("presence_hint"));
    figure("late", number.format(total.late), "");
    figure("early", number.format(total.early), "");
    list(element("shifts"), answer.shifts, (one) => `${one.day} ${one.agent} ${one.begins}`, row, showShift);
    list(element("agents"), answer.agents, (one) => one.of, row, showAgent);
    element("none").hidden = answer.shifts.length > 0;
    set(element("count"), number.format(answer.shifts.length));
  }

  const row = () => make("li", "shift", make("span", "main", make("strong"), make("br"), make("span", "sub where")), make("span", "state"));

  function showShift(node, one) {
    set(node.querySelector("strong"), one.agent);
    set(part(node, "where"), `${one.day} ${time(one.begins)}–${time(one.ends)}`);
    set(part(node, "state"), what(one));
    node.dataset.state = one.absent ? "unresponsive" : one.late_s || one.early_s ? "waiting" : one.begun ? "idle" : "";
  }

  function what(one) {
    if (!one.begun) return say("to_come");
    if (one.absent) return say("was_absent");
    const said = [];
    if (one.late_s) said.push(say("late_by", { time: length(one.late_s) }));
    if (one.early_s) said.push(say("early_by", { time: length(one.early_s) }));
    return said.join(" · ") || say("was_there");
  }

  function showAgent(node, one) {
    set(node.querySelector("strong"), one.of);
    set(part(node, "where"), say("came_of", { came: number.format(one.attended), planned: number.format(one.planned) }));
    set(part(node, "state"), ratio(one.rate));
    node.dataset.state = one.rate === 1 ? "idle" : one.planned ? "waiting" : "";
  }

  const search = (event) => {
    event?.preventDefault();
    return doing(element("find"), element("problem"), look);
  };
  element("search").addEventListener("submit", search);
  search();
})();
