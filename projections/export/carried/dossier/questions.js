// More of the inspector's questions, and the list of all: [question, where it comes from, answer].

function toxicityAnswer() {
  const { record, size } = app,
    found = record.patients.flatMap((patient) =>
      toxicitiesOf(record, patient, size).map((one) => [
        patientLink(patient),
        entryLink(one.fact.entry.position),
        one.term,
        record.clock.local(one.onsetMs),
        one.grades.map((point) => [String(point.grade), " ", entryLink(point.fact.entry.position), " "]),
        one.relations.join(", "),
        one.serious === null ? "not assessed" : one.serious ? sign("warn", "serious") : "no",
        one.dlt === null ? "–" : one.dlt ? sign("bad", "dose-limiting") : "no",
        one.endMs ? `${one.outcome}, ${record.clock.local(one.endMs)}` : "not resolved",
      ]),
    );
  return answer(
    "Toxicities",
    [
      ["patient", ""],
      ["entry", "no"],
      ["term", ""],
      ["onset", "time"],
      ["grades", ""],
      ["related", ""],
      ["serious", ""],
      ["DLT", ""],
      ["end", ""],
    ],
    found,
  );
}

/** Consent before anything else was done with a patient (21 CFR 312.62(b)). */
function consentAnswer() {
  const { record, size } = app,
    found = record.patients.map((patient) => {
      const facts = historyOf(record, `patient/${patient}`, size).facts;
      const consent = facts.find((one) => one.kind === "consent.given/1");
      const first = facts.find((one) => !["consent.given/1", "patient.registered/1"].includes(one.kind));
      if (!consent && !first) return null;
      const before = consent && (!first || consent.occurredMs <= first.occurredMs);
      return [
        patientLink(patient),
        consent
          ? [entryLink(consent.entry.position), ` ${stated(consent.occurred.at)}, form ${consent.body.form}`]
          : sign("bad", "no consent"),
        first
          ? [entryLink(first.entry.position), ` ${kindWords(first.kind)}, ${stated(first.occurred.at)}`]
          : "nothing yet",
        before ? sign("good", "✓ consent first") : sign("bad", "✗ not before"),
      ];
    });
  return answer(
    "Consent",
    [
      ["patient", ""],
      ["consent", ""],
      ["first act after it", ""],
      ["order", ""],
    ],
    found.filter(Boolean),
  );
}

function deviationsAnswer() {
  if (app.size < app.record.size) return null;
  const acts = everyFact().filter(({ fact }) => fact.kind.startsWith("deviation."));
  const found = [...app.state.patients].flatMap(([patient, one]) =>
    one.findings.map((row) => {
      const position = Number(/\d+$/.exec(row.id)[0]),
        id = app.record.entries[position]?.id;
      const done = acts.filter(({ fact }) => fact.body.rule === row.rule && fact.body.target === id);
      return [
        patientLink(patient),
        entryLink(position),
        row.rule,
        row.severity,
        row.text,
        done.length
          ? done.map(({ fact }) => [
              fact.kind.includes("classified")
                ? `classified ${fact.body.important ? "important" : "not important"} `
                : "acknowledged ",
              entryLink(fact.entry.position),
              " ",
              [fact.body.root_cause, fact.body.action].map((text) =>
                app.record.texts.get(text) ? [el("q", {}, app.record.texts.get(text)), " "] : null,
              ),
            ])
          : "open",
      ];
    }),
  );
  return answer(
    "Findings",
    [
      ["patient", ""],
      ["entry", "no"],
      ["rule", ""],
      ["severity", ""],
      ["what", ""],
      ["done about it", ""],
    ],
    found,
  );
}

function peopleAnswer() {
  const found = [...app.record.people.values()]
    .filter((one) => one.position < app.size)
    .map((one) => {
      const signed = knownEntries().filter((entry) => entry.signers.some(({ header }) => header.signer.id === one.id));
      return [
        one.name,
        one.roles.join(" + "),
        one.organisation,
        String(signed.length),
        signed.length ? [entryLink(signed[0].position), " … ", entryLink(signed.at(-1).position)] : "",
        one.tasks
          .filter((entry) => entry.position < app.size)
          .map((entry) => [entryLink(entry.position), ` ${entry.body.tasks.join(", ")} `]),
      ];
    });
  return answer(
    "People",
    [
      ["printed name", ""],
      ["role", ""],
      ["organisation", ""],
      ["signed", "n"],
      ["first … last", ""],
      ["delegated", ""],
    ],
    found,
  );
}

/** What still waits for a signature, and facts that lack one. */
function openSignatures() {
  const found = app.record.patients.flatMap((patient) => {
    const history = historyOf(app.record, `patient/${patient}`, app.size);
    return [
      ...history.awaiting.map((one) => [one.entry, one.missing]),
      ...history.facts.filter((one) => one.missing.length).map((one) => [one.entry, one.missing]),
    ].map(([entry, needs]) => [
      patientLink(patient),
      entryLink(entry.position),
      kindWords(entry.kind),
      needs.map((need) => `${need.meaning} by ${need.role}`).join(", "),
    ]);
  });
  return answer(
    "Missing signatures",
    [
      ["patient", ""],
      ["entry", "no"],
      ["what", ""],
      ["needs", ""],
    ],
    found,
  );
}

/** Where the drug went: every entry of the drug books. */
function supplyAnswer() {
  const released = everyFact()
    .filter(({ fact }) => fact.kind === "dose.released/1")
    .map(({ patient, fact }) => [
      fact.entry,
      patientLink(patient),
      fact.body.lot,
      `${fact.body.vials} vials: ${fact.body.prepared_mg} mg prepared, ${fact.body.wasted_mg} mg wasted`,
    ]);
  const books = knownEntries()
    .filter((one) => one.stream.startsWith("supply/"))
    .map((one) => [one, "", one.body.lot ?? "", summary(app.record, one)]);
  const found = [...released, ...books]
    .sort(([a], [b]) => a.position - b.position)
    .map(([entry, who, lot, words]) => [
      entryLink(entry.position),
      app.record.clock.local(entry.recordedMs),
      kindWords(entry.kind),
      lot,
      who,
      words,
      signersOf(entry),
    ]);
  return answer(
    "The drug books",
    [
      ["entry", "no"],
      ["when", "time"],
      ["what", ""],
      ["lot", ""],
      ["patient", ""],
      ["how much", ""],
      ["signed by", ""],
    ],
    found,
  );
}

const QUESTIONS = [
  ["How many entries are there, and of which kinds?", "From the entries.", countsAnswer],
  [
    "Which doses were given, by whom, tolerated or not?",
    "From the entries; premedication in the 24 hours before, for the same order.",
    dosesAnswer,
  ],
  [
    "Doses out of sequence, above the cap, or without a tolerated step before",
    "Counted by this page from the entries; findings of the rules are computed by doseledger, as known now.",
    sequenceAnswer,
  ],
  [
    "Which acts were refused, and on which rule?",
    "From the entries: a refused attempt is signed by the device and kept.",
    refusedAnswer,
  ],
  ["Which rules were overridden, by whom, and why?", "From the entries.", overridesAnswer],
  [
    "What was corrected or taken out: old, new, why, by whom?",
    "From the entries: the old one always stays.",
    correctionsAnswer,
  ],
  ["What was recorded late?", "From the entries, by the limits of the protocol pack for each kind.", lateAnswer],
  ["Which toxicities, which were dose-limiting, how did they end?", "From the entries.", toxicityAnswer],
  [
    "Did consent come before everything else?",
    "From the entries, by when it happened (21 CFR 312.62(b)).",
    consentAnswer,
  ],
  [
    "Which deviations were found, and what was done about them?",
    "Computed by doseledger, as known now; what was done about them is from the entries.",
    deviationsAnswer,
  ],
  [
    "Which sign-offs of the investigator stand, and what made others stale?",
    "From the entries: a sign-off is stale from the first later change on of what it covers.",
    signOffAnswer,
  ],
  ["Which signatures are missing?", "From the entries and their countersignatures.", openSignatures],
  [
    "Who signed, in which role, with which delegation?",
    "From the enrolments, delegations and signatures.",
    peopleAnswer,
  ],
  ["Where did the drug go?", "From the entries about lots, releases and stock.", supplyAnswer],
];

/** What needs the whole program; it reads this very file and needs no key and no account. */
const elsewhere = () =>
  el(
    "section",
    {},
    el("h3", {}, "Asked of the program"),
    el("p", { class: "soft" }, "doseledger reads this file itself, without a key or an account:"),
    el(
      "pre",
      {},
      [
        "doseledger inspect dossier.html                          overview and verdict",
        "doseledger inspect dossier.html explain 405              which rules were asked about an entry, and what they said",
        "doseledger inspect dossier.html history 001-003          field by field, old and new",
        "doseledger inspect dossier.html replay --known-at 300    the state as known after 300 entries",
        "doseledger inspect dossier.html accountability           the drug books, to the vial",
      ].join("\n"),
    ),
  );
