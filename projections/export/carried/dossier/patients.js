// The patients: all of them at a glance, and one in full. State is what doseledger computed, with this page's recount beside.

function drawPatients(view) {
  const { record, size } = app;
  const known = record.patients.filter((one) => historyOf(record, `patient/${one}`, size).facts.length);
  const plot = el("div", { class: "plots" });
  put(view, el("h2", {}, "Patients"), known.length ? null : el("p", { class: "soft" }, "Nobody was registered yet."), others(),
    known.length ? table("Patients as known", [["patient", ""], ["state", ""], ["step-up course", ""], ["next step", "n"], ["counted", ""], ["remaining", "n"], ["last dose", "time"], ["findings", "n"], ["recount", ""]],
      known.map(patientRow), { class: "patients" }) : null,
    computedBy(), el("h3", {}, "From the first day of each patient"), plot);
  put(plot, swimmer(record, size, Math.max(600, plot.clientWidth)));
}

const others = () => (app.about.files ?? []).length ? el("p", {}, "One dossier for each patient: ", app.about.files.filter((one) => /^[A-Za-z0-9._-]+\.html$/.test(one.file))
  .map((one) => [el("a", { href: one.file }, one.patient), " "])) : null;
const computedBy = () => el("p", { class: "soft small" }, `State, step and counts are computed by ${app.state.by || "nobody"}, as known at the chosen place. “Recount” is this page's own count from the signed bytes.`);

function patientRow(patient) {
  const { record, state, size } = app, card = cardAt(state, patient, size), counted = recount(record, patient, size);
  const cells = [link(`patient=${patient}`, patient), card ? stateWords(card.state) : "", card ? stateWords(card.course) : "", card?.step_mg ? `${card.step_mg} mg` : "none",
    card ? meter(card.counted, counted?.maximum ?? 12) : "", card ? String(card.remaining) : "", card?.last_started ? stated(card.last_started) : "", findingsCount(patient), recountSign(patient, card, counted)];
  return cells;
}

const findingsCount = (patient) => app.size === app.record.size ? String(app.state.patients.get(patient)?.findings.length ?? 0) : "–";

/** How many of how many, in words and as a row of boxes. */
function meter(n, of) {
  const boxes = Array.from({ length: Math.max(n, of) }, (_, i) => svg("rect", { x: i * 7, y: 0, width: 5, height: 11, rx: 1, class: i < n ? i < of ? "on" : "over" : "off" }));
  return [`${n} of ${of} `, svg("svg", { class: "meter", width: Math.max(n, of) * 7, height: 11, "aria-hidden": "true" }, boxes)];
}

/** Whether the recount agrees; while an amendment waits for a signature the computed state is the stricter reading. */
function recountSign(patient, card, counted) {
  if (!card || !counted) return el("span", { class: "soft" }, "not recounted");
  const differ = differences(card, counted), waits = waiting(patient);
  if (differ.length) return waits ? sign("warn", "~ stricter reading") : sign("bad", "✗ differs");
  return [sign("good", `✓ ${counted.counted}`), " ", counted.findings.length ? sign("warn", plural(counted.findings.length, "deviation")) : null];
}
const waiting = (patient) => historyOf(app.record, `patient/${patient}`, app.size).awaiting.some((one) => !one.lapsed);

/** The patients whose computed state at the head is not what the bytes give. */
const differingPatients = () => app.record.patients.filter((patient) => {
  const card = cardAt(app.state, patient, app.record.size), counted = recount(app.record, patient, app.record.size);
  const waits = historyOf(app.record, `patient/${patient}`, app.record.size).awaiting.some((one) => !one.lapsed);
  return counted && !waits && (card === null ? counted.counted > 0 : differences(card, counted).length > 0);
});

function drawPatient(view, patient) {
  const { record, state, size } = app, card = cardAt(state, patient, size), counted = recount(record, patient, size), plot = el("div", { class: "plots" });
  const place = record.patients.indexOf(patient), go = (by, words) => record.patients[place + by] ? link(`patient=${record.patients[place + by]}`, words) : null;
  put(view, el("p", { class: "crumbs" }, link("patients", "All patients"), go(-1, `‹ ${record.patients[place - 1]}`), go(1, `${record.patients[place + 1]} ›`)),
    el("h2", {}, `Patient ${patient}`, card ? el("span", { class: "soft" }, `  ${stateWords(card.state)}`) : null),
    card ? cardTiles(patient, card, counted) : el("p", { class: "soft" }, "No state was computed as known then."), plot,
    dosesOf(record, patient, size).length ? [el("h3", {}, "Doses"), dosesTable(patient, counted)] : null,
    findingsOf(patient), el("h3", {}, app.order === "happened" ? "What happened, in clinical order" : "What was written, in the order of the log"), timeline(patient));
  put(plot, doseTimeline(record, patient, size, Math.max(600, plot.clientWidth)));
}

function cardTiles(patient, card, counted) {
  const tile = (name, value, more) => el("div", { class: "figure" }, el("dt", {}, name), el("dd", {}, el("strong", {}, value), el("span", { class: "soft" }, more)));
  const differ = differences(card, counted), waits = waiting(patient);
  return el("section", { class: "card", "aria-label": "State as computed" },
    el("dl", { class: "figures" },
      tile("next step", card.step_mg ? `${card.step_mg} mg` : "none", `${stateWords(card.course)}${card.because.length ? ` (${card.because.join(", ").replaceAll("entry ", "#")})` : ""}`),
      tile("doses counted", `${card.counted} of ${counted?.maximum ?? "?"}`, `${card.cumulative_mg} mg in all${card.over ? `, ${card.over} OVER` : ""}`),
      tile("remaining", String(card.remaining), card.lapses_on && card.remaining ? `${card.course === "LAPSED" ? "lapsed" : "lapses"} on ${card.lapses_on}` : ""),
      tile("cycles", card.cycle === null ? "none" : `cycle ${card.cycle}`, card.cycle === null ? stateWords(card.cycle_state) : `${stateWords(card.cycle_state)}, ${card.cycle_level_mg_m2} mg/m², days ${card.cycle_days_given.join(" ") || "none"}`)),
    card.holds.length ? el("p", {}, card.holds.map((one) => [sign("warn", `held: ${one.drug}`), ` ${one.text} (${one.rule}) `, one.entry === null ? null : entryLink(one.entry)])) : null,
    card.pending.length ? el("p", {}, sign("warn", "pending"), " ", card.pending.map((one) => [entryLink(one), " "]), "waits for a signature; until then the stricter reading counts") : null,
    el("p", { class: "small computed" }, `Computed by ${app.state.by}. `, counted ? ["Counted again here: ", recountSign(patient, card, counted),
      counted.findings.map((one) => [" ", sign("warn", one.rule), ` ${one.words} `, entryLink(one.entry)])] : "Not recounted."),
    differ.length ? table("Differences", [["what", ""], ["computed", ""], ["counted here", ""]], differ.map((row) => row.map((one) => (one === null ? "none" : String(one)))), { class: waits ? "differ" : "differ bad" }) : null);
}

/** Every dose as the signed bytes tell it; nothing of it is taken from the computed state. */
function dosesTable(patient, counted) {
  const { record, size } = app, counting = new Set((counted?.doses ?? []).map((dose) => dose.position));
  return table("Doses as known", [["entry", "no"], ["started", "time"], ["drug", ""], ["step", "n"], ["given", "n"], ["tolerance", ""], ["status", ""], ["signed by", ""]], dosesOf(record, patient, size).map((dose) => {
    const { entry, amendedBy } = dose.fact, step = counted?.steps.get(dose.position) ?? dose.stepMg, judged = dose.tolerance?.body, ladder = dose.drug === record.pack?.values.ladder_drug;
    const status = dose.stopped ? `stopped: ${dose.stopped}` : dose.endedMs === null ? "not ended" : "completed";
    return [entryLink(dose.position), [stated(dose.fact.occurred.at), lateBy(record, entry, dose.fact) ? [" ", sign("warn", "late")] : null], dose.drug, step ? `${step} mg` : "", dose.givenMg === null ? "" : `${dose.givenMg} mg`,
      judged ? judged.tolerated ? "tolerated" : sign("bad", "✗ not tolerated") : ladder ? "not assessed" : "", [status, ladder && counted && !counting.has(dose.position) ? ", not counted" : "", dose.pauses ? `, interrupted ${dose.pauses} times` : "",
        amendedBy ? [" ", sign("warn", "corrected"), " by ", entryLink(amendedBy.position)] : null],
      entry.signers.map(({ header }) => el("div", { class: "by" }, header.signer.name, el("span", { class: "soft" }, ` ${header.meaning.code}`)))];
  }), { class: "stacked" });
}

function findingsOf(patient) {
  const rows = app.state.patients.get(patient)?.findings ?? [];
  if (!rows.length || app.size !== app.record.size) return null;
  return [el("h3", {}, "Findings", el("span", { class: "soft small" }, `  computed by ${app.state.by}, as known now`)), el("ul", { class: "findings" }, rows.map((one) => {
    const position = Number(/\d+$/.exec(one.id)?.[0]);
    return el("li", {}, sign(one.severity === "important" ? "bad" : "warn", one.severity), " ", el("strong", {}, one.rule), ` ${one.text} `, entryLink(position), one.acknowledged ? el("span", { class: "soft" }, " acknowledged") : null);
  }))];
}

/** The rows of one patient: refused attempts among them; struck rows stay in their place. */
function timeline(patient) {
  const { record, size, order } = app, own = record.entries.filter((one) => one.shown && one.position < size && (one.patient === patient || (one.body.streams ?? []).includes(`patient/${patient}`)));
  const history = historyOf(record, `patient/${patient}`, size), when = (one) => history.byId.get(one.id)?.occurredMs ?? one.occurredMs;
  const sorted = order === "happened" ? own.toSorted((a, b) => when(a) - when(b) || a.position - b.position) : own;
  let day = "";
  return el("ol", { class: "timeline" }, sorted.map((entry) => {
    const ms = order === "happened" ? when(entry) : entry.recordedMs, here = record.clock.day(ms), fresh = here !== day;
    day = here;
    const fate = fateOf(record, entry, size), fact = history.byId.get(entry.id), late = lateBy(record, entry, null);
    const restated = fate.state === "corrected" && fact ? [el("ins", {}, said(record, fact.kind, fact.body, entry)), " ", sign("warn", "corrected"), " by ", entryLink(fate.by.position), " ", fate.by.payload.reason?.code ?? "", " ", reasonText(fate.by)] : null;
    return el("li", { class: `is-${fate.state}${entry.kind === "entry.refused/1" ? " refused" : ""}` }, el("time", {}, fresh ? el("strong", {}, here) : null, record.clock.local(ms).slice(11, 16)),
      el("div", {}, entryLink(entry.position), " ", el("strong", {}, kindWords(entry.kind)), " ", struck(fate, summary(record, entry)), " ", restated,
        fate.state === "void" ? [sign("bad", "void"), " by ", entryLink(fate.by.position), " ", reasonText(fate.by)] : fate.state === "corrected" ? null : fateSign(fate),
        late ? [" ", sign("warn", `late: recorded ${record.clock.local(entry.recordedMs)}, ${span(late)} over the limit`)] : null,
        el("span", { class: "by" }, entry.signers.map(({ header }) => `${header.signer.name}, ${header.meaning.code}`).join("; "))));
  }));
}
