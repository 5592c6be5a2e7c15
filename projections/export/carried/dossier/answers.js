// The inspector's questions that this page can answer by itself, each from the signed bytes, as known at the chosen place.

/** All facts of all patients as known, each with its patient. */
const everyFact = () =>
  app.record.patients.flatMap((patient) =>
    historyOf(app.record, `patient/${patient}`, app.size).facts.map((fact) => ({ patient, fact })),
  );
const knownEntries = () => app.record.entries.filter((one) => one.shown && one.position < app.size);
const signersOf = (entry) =>
  entry.signers.map(({ header }) => `${header.signer.name} (${header.meaning.code})`).join("; ");

function drawAnswers(view) {
  const list = el("div", { class: "questions" });
  for (const [title, source, answer] of QUESTIONS) {
    const rows = answer(),
      none = rows === null || (Array.isArray(rows) && !rows.length);
    list.append(
      el(
        "details",
        {},
        el(
          "summary",
          {},
          el("span", { class: "q" }, title),
          el("span", { class: "n" }, none ? "none" : (rows.length ?? "")),
        ),
        el("div", {}, el("p", { class: "soft small" }, source), none ? el("p", {}, "None, as known then.") : rows.node),
      ),
    );
  }
  put(
    view,
    el("h2", {}, "Answers"),
    el(
      "p",
      { class: "soft" },
      "Each is answered from the checked entries in this file, as known at the place chosen above. " +
        "Computed findings are labelled. Questions that need the whole program are listed at the end with their command.",
    ),
    list,
    el(
      "div",
      { class: "row" },
      el(
        "button",
        {
          type: "button",
          click: () => {
            for (const one of list.children) one.open = true;
          },
        },
        "Open all",
      ),
      el(
        "button",
        {
          type: "button",
          click: () => {
            for (const one of list.children) one.open = false;
          },
        },
        "Close all",
      ),
    ),
    elsewhere(),
  );
}

/** An answer in rows: null when there are none, else how many there are and the table of them. */
const answer = (caption, columns, found) =>
  found.length ? { length: found.length, node: table(caption, columns, found, { class: "stacked" }) } : null;
const patientLink = (patient) => link(`patient=${patient}`, patient);

function countsAnswer() {
  const counts = new Map();
  for (const one of knownEntries()) counts.set(one.kind, [...(counts.get(one.kind) ?? []), one]);
  const found = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, all]) => [
      kindWords(kind),
      String(all.length),
      [entryLink(all[0].position), all.length > 1 ? [" … ", entryLink(all.at(-1).position)] : null],
    ]);
  const out = answer(
    "Entries by kind",
    [
      ["kind", ""],
      ["entries", "n"],
      ["first … last", ""],
    ],
    found,
  );
  return out && { ...out, length: knownEntries().length };
}

function dosesAnswer() {
  const { record, size } = app,
    found = record.patients.flatMap((patient) => {
      const premeds = historyOf(record, `patient/${patient}`, size).facts.filter(
        (one) => one.kind === "premedication.given/1",
      );
      return dosesOf(record, patient, size).map((dose, place) => {
        const before = premeds.filter(
          (one) =>
            one.occurredMs <= dose.startedMs &&
            dose.startedMs - one.occurredMs < DAY_MS &&
            (one.body.order === null || one.body.order === dose.order?.entry.id),
        );
        const judged = dose.tolerance
          ? dose.tolerance.body.tolerated
            ? "tolerated"
            : sign("bad", "✗ not tolerated")
          : "not assessed";
        return [
          patientLink(patient),
          String(place + 1),
          entryLink(dose.position),
          record.clock.local(dose.startedMs),
          dose.drug,
          dose.orderedMg ? `${dose.orderedMg} mg` : "–",
          dose.givenMg === null ? "–" : `${dose.givenMg} mg`,
          judged,
          before.length
            ? before.map((one) => [entryLink(one.entry.position), " "])
            : dose.drug === record.pack?.values.ladder_drug
              ? sign("bad", "none")
              : "–",
          signersOf(dose.fact.entry),
        ];
      });
    });
  return answer(
    "Doses",
    [
      ["patient", ""],
      ["n", "n"],
      ["entry", "no"],
      ["started", "time"],
      ["drug", ""],
      ["ordered", "n"],
      ["given", "n"],
      ["tolerance", ""],
      ["premedication", ""],
      ["signed by", ""],
    ],
    found,
  );
}

function sequenceAnswer() {
  const { record, size } = app;
  const counted = record.patients.flatMap((patient) =>
    (recount(record, patient, size)?.findings ?? []).map((one) => [
      patientLink(patient),
      entryLink(one.entry),
      one.rule,
      one.words,
      "counted here",
    ]),
  );
  const rules = /^A-(COUNT|MAX|LADDER|GAP|WEEK|TOL|G34)/;
  const computed =
    size < record.size
      ? []
      : [...app.state.patients].flatMap(([patient, one]) =>
          one.findings
            .filter((row) => rules.test(row.rule))
            .map((row) => [
              patientLink(patient),
              entryLink(Number(/\d+$/.exec(row.id)[0])),
              row.rule,
              row.text,
              `computed by ${app.state.by}`,
            ]),
        );
  return answer(
    "Doses against the protocol",
    [
      ["patient", ""],
      ["entry", "no"],
      ["rule", ""],
      ["what", ""],
      ["who says so", ""],
    ],
    [...counted, ...computed],
  );
}

function refusedAnswer() {
  const found = knownEntries()
    .filter((one) => one.kind === "entry.refused/1")
    .map((one) => [
      entryLink(one.position),
      app.record.clock.local(one.recordedMs),
      one.body.streams.filter((name) => name.startsWith("patient/")).map((name) => [patientLink(name.slice(8)), " "]),
      one.body.act.replaceAll("-", " "),
      one.body.rules.join(", "),
      [one.body.claimed_by ? `${personNamed(one.body.claimed_by)}; proof: ${one.body.proof}` : "nobody known"],
      el("q", {}, app.record.texts.get(one.body.answer) ?? ""),
    ]);
  return answer(
    "Refused attempts",
    [
      ["entry", "no"],
      ["when", "time"],
      ["patient", ""],
      ["act", ""],
      ["rule", ""],
      ["claimed by", ""],
      ["answer", ""],
    ],
    found,
  );
}

const overridesAnswer = () =>
  answer(
    "Overrides",
    [
      ["patient", ""],
      ["entry", "no"],
      ["rule", ""],
      ["for", ""],
      ["by", ""],
      ["why", ""],
    ],
    everyFact()
      .filter(({ fact }) => fact.kind === "override.granted/1")
      .map(({ patient, fact }) => [
        patientLink(patient),
        entryLink(fact.entry.position),
        fact.body.rule,
        `${fact.body.act}: ${fact.body.drug} ${fact.body.amount_mg ?? ""} until ${stated(fact.body.valid_until)}`,
        signersOf(fact.entry),
        reasonText(fact.entry),
      ]),
  );

function correctionsAnswer() {
  const found = knownEntries()
    .filter((one) => one.kind === "entry.corrected/1" || one.kind === "entry.voided/1")
    .map((one) => {
      const later = (app.record.amended.get(one.id) ?? []).filter(
        (other) => other.kind === "entry.countersigned/1" && other.position < app.size,
      );
      return [
        entryLink(one.position),
        refLink(one.payload.corrects),
        one.patient ? patientLink(one.patient) : one.stream,
        app.record.clock.local(one.recordedMs),
        changedFields(one) ?? `taken out: ${one.body.why ?? ""}`,
        [one.payload.reason?.code ?? "", " ", reasonText(one)],
        [signersOf(one), later.map((other) => ["; ", signersOf(other), " ", entryLink(other.position)])],
        fateSign(fateOf(app.record, one, app.size)) ?? "in force",
      ];
    });
  return answer(
    "Corrections and voids",
    [
      ["entry", "no"],
      ["of", "no"],
      ["about", ""],
      ["when", "time"],
      ["old → new", ""],
      ["why", ""],
      ["by", ""],
      ["state", ""],
    ],
    found,
  );
}

function lateAnswer() {
  const found = knownEntries()
    .map((one) => [one, lateBy(app.record, one, null)])
    .filter(([one, over]) => over > 0 || one.payload.reason?.code === "late-entry")
    .map(([one, over]) => [
      entryLink(one.position),
      one.patient ? patientLink(one.patient) : one.stream,
      kindWords(one.kind),
      stated(one.occurred.at),
      app.record.clock.local(one.recordedMs),
      span(one.recordedMs - one.occurredMs),
      over ? span(over) : "in time",
      [one.payload.reason?.code ?? "no reason stated", " ", reasonText(one)],
      signersOf(one),
    ]);
  return answer(
    "Late entries",
    [
      ["entry", "no"],
      ["about", ""],
      ["what", ""],
      ["happened", "time"],
      ["recorded", "time"],
      ["delay", "n"],
      ["over the limit", "n"],
      ["why", ""],
      ["by", ""],
    ],
    found,
  );
}
