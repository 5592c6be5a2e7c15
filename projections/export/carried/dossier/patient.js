// One patient in full: the computed card and its recount, the plot, the doses, the findings, every entry.

function drawPatient(view, patient) {
  const { record, state, size } = app,
    card = cardAt(state, patient, size),
    counted = recount(record, patient, size),
    plot = el("div", { class: "plots" });
  const place = record.patients.indexOf(patient),
    go = (by, words) => (record.patients[place + by] ? link(`patient=${record.patients[place + by]}`, words) : null);
  put(
    view,
    el(
      "p",
      { class: "crumbs" },
      link("patients", "All patients"),
      go(-1, `‹ ${record.patients[place - 1]}`),
      go(1, `${record.patients[place + 1]} ›`),
    ),
    el("h2", {}, `Patient ${patient}`, card ? el("span", { class: "soft" }, `  ${stateWords(card.state)}`) : null),
    card ? cardTiles(patient, card, counted) : el("p", { class: "soft" }, "No state was computed as known then."),
    plot,
    dosesOf(record, patient, size).length ? [el("h3", {}, "Doses"), dosesTable(patient, counted)] : null,
    findingsOf(patient),
    reviewSection(patient),
    el(
      "h3",
      {},
      app.order === "happened" ? "What happened, in clinical order" : "What was written, in the order of the log",
    ),
    timeline(patient),
  );
  put(plot, doseTimeline(record, patient, size, Math.max(600, plot.clientWidth)));
}

function cardTiles(patient, card, counted) {
  const tile = (name, value, more) =>
    el(
      "div",
      { class: "figure" },
      el("dt", {}, name),
      el("dd", {}, el("strong", {}, value), el("span", { class: "soft" }, more)),
    );
  const differ = differences(card, counted),
    waits = waiting(patient);
  return el(
    "section",
    { class: "card", "aria-label": "State as computed" },
    el(
      "dl",
      { class: "figures" },
      tile(
        "next step",
        card.step_mg ? `${card.step_mg} mg` : "none",
        `${stateWords(card.course)}${card.because.length ? ` (${card.because.join(", ").replaceAll("entry ", "#")})` : ""}`,
      ),
      tile(
        "doses counted",
        `${card.counted} of ${counted?.maximum ?? "?"}`,
        `${card.cumulative_mg} mg in all${card.over ? `, ${card.over} OVER` : ""}`,
      ),
      tile(
        "remaining",
        String(card.remaining),
        card.lapses_on && card.remaining
          ? `${card.course === "LAPSED" ? "lapsed" : "lapses"} on ${card.lapses_on}`
          : "",
      ),
      tile(
        "cycles",
        card.cycle === null ? "none" : `cycle ${card.cycle}`,
        card.cycle === null
          ? stateWords(card.cycle_state)
          : `${stateWords(card.cycle_state)}, ${card.cycle_level_mg_m2} mg/m², days ${card.cycle_days_given.join(" ") || "none"}`,
      ),
    ),
    card.holds.length
      ? el(
          "p",
          {},
          card.holds.map((one) => [
            sign("warn", `held: ${one.drug}`),
            ` ${one.text} (${one.rule}) `,
            one.entry === null ? null : entryLink(one.entry),
          ]),
        )
      : null,
    card.pending.length
      ? el(
          "p",
          {},
          sign("warn", "pending"),
          " ",
          card.pending.map((one) => [entryLink(one), " "]),
          "waits for a signature; until then the stricter reading counts",
        )
      : null,
    el(
      "p",
      { class: "small computed" },
      `Computed by ${app.state.by}. `,
      counted
        ? [
            "Counted again here: ",
            recountSign(patient, card, counted),
            counted.findings.map((one) => [" ", sign("warn", one.rule), ` ${one.words} `, entryLink(one.entry)]),
          ]
        : "Not recounted.",
    ),
    differ.length
      ? table(
          "Differences",
          [
            ["what", ""],
            ["computed", ""],
            ["counted here", ""],
          ],
          differ.map((row) => row.map((one) => (one === null ? "none" : String(one)))),
          { class: waits ? "differ" : "differ bad" },
        )
      : null,
  );
}

/** Every dose as the signed bytes tell it; nothing of it is taken from the computed state. */
function dosesTable(patient, counted) {
  const { record, size } = app,
    counting = new Set((counted?.doses ?? []).map((dose) => dose.position));
  return table(
    "Doses as known",
    [
      ["entry", "no"],
      ["started", "time"],
      ["drug", ""],
      ["step", "n"],
      ["given", "n"],
      ["tolerance", ""],
      ["status", ""],
      ["signed by", ""],
    ],
    dosesOf(record, patient, size).map((dose) => {
      const { entry, amendedBy } = dose.fact,
        step = counted?.steps.get(dose.position) ?? dose.stepMg,
        judged = dose.tolerance?.body,
        ladder = dose.drug === record.pack?.values.ladder_drug;
      const status = dose.stopped ? `stopped: ${dose.stopped}` : dose.endedMs === null ? "not ended" : "completed";
      return [
        entryLink(dose.position),
        [stated(dose.fact.occurred.at), lateBy(record, entry, dose.fact) ? [" ", sign("warn", "late")] : null],
        dose.drug,
        step ? `${step} mg` : "",
        dose.givenMg === null ? "" : `${dose.givenMg} mg`,
        judged ? (judged.tolerated ? "tolerated" : sign("bad", "✗ not tolerated")) : ladder ? "not assessed" : "",
        [
          status,
          ladder && counted && !counting.has(dose.position) ? ", not counted" : "",
          dose.pauses ? `, interrupted ${dose.pauses} times` : "",
          amendedBy ? [" ", sign("warn", "corrected"), " by ", entryLink(amendedBy.position)] : null,
          doubtSign(record, entry, size),
        ],
        entry.signers.map(({ header }) =>
          el("div", { class: "by" }, header.signer.name, el("span", { class: "soft" }, ` ${header.meaning.code}`)),
        ),
      ];
    }),
    { class: "stacked" },
  );
}

function findingsOf(patient) {
  const rows = app.state.patients.get(patient)?.findings ?? [];
  if (!rows.length || app.size !== app.record.size) return null;
  return [
    el("h3", {}, "Findings", el("span", { class: "soft small" }, `  computed by ${app.state.by}, as known now`)),
    el(
      "ul",
      { class: "findings" },
      rows.map((one) => {
        const position = Number(/\d+$/.exec(one.id)?.[0]);
        return el(
          "li",
          {},
          sign(one.severity === "important" ? "bad" : "warn", one.severity),
          " ",
          el("strong", {}, one.rule),
          ` ${one.text} `,
          entryLink(position),
          one.acknowledged ? el("span", { class: "soft" }, " acknowledged") : null,
        );
      }),
    ),
  ];
}

/** The rows of one patient: refused attempts among them; struck rows stay in their place. */
function timeline(patient) {
  const { record, size, order } = app,
    own = record.entries.filter(
      (one) =>
        one.shown &&
        one.position < size &&
        (one.patient === patient || (one.body.streams ?? []).includes(`patient/${patient}`)),
    );
  const history = historyOf(record, `patient/${patient}`, size),
    when = (one) => history.byId.get(one.id)?.occurredMs ?? one.occurredMs;
  const sorted = order === "happened" ? own.toSorted((a, b) => when(a) - when(b) || a.position - b.position) : own;
  let day = "";
  return el(
    "ol",
    { class: "timeline" },
    sorted.map((entry) => {
      const ms = order === "happened" ? when(entry) : entry.recordedMs,
        here = record.clock.day(ms),
        fresh = here !== day;
      day = here;
      const fate = fateOf(record, entry, size),
        fact = history.byId.get(entry.id),
        late = lateBy(record, entry, null);
      const restated =
        fate.state === "corrected" && fact
          ? [
              el("ins", {}, said(record, fact.kind, fact.body, entry)),
              " ",
              sign("warn", "corrected"),
              " by ",
              entryLink(fate.by.position),
              " ",
              fate.by.payload.reason?.code ?? "",
              " ",
              reasonText(fate.by),
            ]
          : null;
      return el(
        "li",
        { class: `is-${fate.state}${entry.kind === "entry.refused/1" ? " refused" : ""}` },
        el("time", {}, fresh ? el("strong", {}, here) : null, record.clock.local(ms).slice(11, 16)),
        el(
          "div",
          {},
          entryLink(entry.position),
          " ",
          el("strong", {}, kindWords(entry.kind)),
          " ",
          struck(fate, summary(record, entry)),
          " ",
          restated,
          fate.state === "void"
            ? [sign("bad", "void"), " by ", entryLink(fate.by.position), " ", reasonText(fate.by)]
            : fate.state === "corrected"
              ? null
              : fateSign(fate),
          doubtSign(record, entry, size),
          late
            ? [
                " ",
                sign("warn", `late: recorded ${record.clock.local(entry.recordedMs)}, ${span(late)} over the limit`),
              ]
            : null,
          el(
            "span",
            { class: "by" },
            entry.signers.map(({ header }) => `${header.signer.name}, ${header.meaning.code}`).join("; "),
          ),
        ),
      );
    }),
  );
}
