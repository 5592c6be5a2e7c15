// All patients at a glance: the state that doseledger computed, with this page's recount beside it.

function drawPatients(view) {
  const { record, size } = app;
  const known = record.patients.filter((one) => historyOf(record, `patient/${one}`, size).facts.length);
  const plot = el("div", { class: "plots" });
  put(
    view,
    el("h2", {}, "Patients"),
    known.length ? null : el("p", { class: "soft" }, "Nobody was registered yet."),
    others(),
    known.length
      ? table(
          "Patients as known",
          [
            ["patient", ""],
            ["state", ""],
            ["step-up course", ""],
            ["next step", "n"],
            ["counted", ""],
            ["remaining", "n"],
            ["last dose", "time"],
            ["findings", "n"],
            ["recount", ""],
          ],
          known.map(patientRow),
          { class: "patients" },
        )
      : null,
    computedBy(),
    el("h3", {}, "From the first day of each patient"),
    plot,
  );
  put(plot, swimmer(record, size, Math.max(600, plot.clientWidth)));
}

const others = () =>
  (app.about.files ?? []).length
    ? el(
        "p",
        {},
        "One dossier for each patient: ",
        app.about.files
          .filter((one) => /^[A-Za-z0-9._-]+\.html$/.test(one.file))
          .map((one) => [el("a", { href: one.file }, one.patient), " "]),
      )
    : null;
const computedBy = () =>
  el(
    "p",
    { class: "soft small" },
    `State, step and counts are computed by ${app.state.by || "nobody"}, as known at the chosen place. “Recount” is this page's own count from the signed bytes.`,
  );

function patientRow(patient) {
  const { record, state, size } = app,
    card = cardAt(state, patient, size),
    counted = recount(record, patient, size);
  const cells = [
    link(`patient=${patient}`, patient),
    card ? stateWords(card.state) : "",
    card ? stateWords(card.course) : "",
    card?.step_mg ? `${card.step_mg} mg` : "none",
    card ? meter(card.counted, counted?.maximum ?? 12) : "",
    card ? String(card.remaining) : "",
    card?.last_started ? stated(card.last_started) : "",
    findingsCount(patient),
    recountSign(patient, card, counted),
  ];
  return cells;
}

const findingsCount = (patient) =>
  app.size === app.record.size ? String(app.state.patients.get(patient)?.findings.length ?? 0) : "–";

/** How many of how many, in words and as a row of boxes. */
function meter(n, of) {
  const boxes = Array.from({ length: Math.max(n, of) }, (_, i) =>
    svg("rect", { x: i * 7, y: 0, width: 5, height: 11, rx: 1, class: i < n ? (i < of ? "on" : "over") : "off" }),
  );
  return [
    `${n} of ${of} `,
    svg("svg", { class: "meter", width: Math.max(n, of) * 7, height: 11, "aria-hidden": "true" }, boxes),
  ];
}

/** Whether the recount agrees; while an amendment waits for a signature the computed state is the stricter reading. */
function recountSign(patient, card, counted) {
  if (!card || !counted) return el("span", { class: "soft" }, "not recounted");
  const differ = differences(card, counted),
    waits = waiting(patient);
  if (differ.length) return waits ? sign("warn", "~ stricter reading") : sign("bad", "✗ differs");
  return [
    sign("good", `✓ ${counted.counted}`),
    " ",
    counted.findings.length ? sign("warn", plural(counted.findings.length, "deviation")) : null,
  ];
}
const waiting = (patient) => historyOf(app.record, `patient/${patient}`, app.size).awaiting.some((one) => !one.lapsed);

/** The patients whose computed state at the head is not what the bytes give. */
const differingPatients = () =>
  app.record.patients.filter((patient) => {
    const card = cardAt(app.state, patient, app.record.size),
      counted = recount(app.record, patient, app.record.size);
    const waits = historyOf(app.record, `patient/${patient}`, app.record.size).awaiting.some((one) => !one.lapsed);
    return counted && !waits && (card === null ? counted.counted > 0 : differences(card, counted).length > 0);
  });
