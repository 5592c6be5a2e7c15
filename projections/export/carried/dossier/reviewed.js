// The section "Sign-off and questions" of a patient, and the inspector's question about sign-offs, as known.

const STANDINGS = {
  stands: ["good", "VALID"],
  stale: ["bad", "STALE"],
  renewed: ["warn", "RENEWED"],
  void: ["bad", "VOID"],
  open: ["bad", "open"],
  answered: ["warn", "answered"],
  closed: ["good", "closed"],
  "never signed": ["warn", "never signed"],
  due: ["warn", "due"],
  "signed off": ["good", "signed off"],
};
const stateSign = (state) => sign(...STANDINGS[state]);
const textOr = (commitment) => {
  const words = app.record.texts.get(commitment);
  return words === undefined ? absent(commitment) : el("q", {}, words);
};

/** Who signed an entry, as 21 CFR 11.50 wants it shown: name, role, organisation, meaning, local time and UTC. */
const whoSigned = (entry) => [
  entry.signers.map(({ header }) =>
    el(
      "div",
      { class: "by" },
      `${header.signer.name} · ${header.signer.role} · ${header.signer.organisation} `,
      el("em", {}, header.meaning.code),
      el("div", { class: "soft" }, `${stated(header.at)} · ${utc(Date.parse(header.at))}`),
    ),
  ),
  doubtSign(app.record, entry, app.size),
];

function reviewSection(patient) {
  const found = reviewsOf(app.record, patient, app.size),
    { state, entries, covered } = found.standing;
  return el(
    "section",
    { class: "review", "aria-label": "Sign-off and questions" },
    el("h3", {}, "Sign-off and questions"),
    el("p", {}, stateSign(state), ` A sign-off covers ${covered} of ${plural(entries, "entry", "entries")}.`),
    found.signOffs.length ? [el("h4", {}, "Sign-offs"), signOffsTable(found.signOffs)] : null,
    found.queries.length ? [el("h4", {}, "Queries"), queriesTable(found.queries)] : null,
    found.locks.length ? [el("h4", {}, "Locks"), locksTable(found.locks)] : null,
    found.fallen.length ? [el("h4", {}, "Source verifications that no longer hold"), fallenTable(found.fallen)] : null,
  );
}

/** The cells of one sign-off: which entry, what it covers, whether it stands, what made it stale, who signed. */
const signOffCells = (one) => [
  entryLink(one.entry.position),
  `#${one.entry.body.since} to #${one.entry.body.until - 1}`,
  String(one.entry.body.entries),
  [stateSign(one.state), one.by ? [" by ", entryLink(one.by.position)] : null],
  one.stale.map((by) =>
    el("div", {}, entryLink(by.position), ` ${whyStale(by)}: ${kindWords(by.kind)} ${summary(app.record, by)}`),
  ),
  whoSigned(one.entry),
];
const SIGN_OFF = [
  ["entry", "no"],
  ["covers", ""],
  ["entries", "n"],
  ["state", ""],
  ["made stale by", ""],
  ["signed by", ""],
];
const signOffsTable = (all) => table("Sign-offs", SIGN_OFF, all.map(signOffCells), { class: "stacked" });
const whyStale = ({ kind }) =>
  kind === "entry.corrected/1" ? "corrected" : kind === "entry.voided/1" ? "voided" : "added late";

const queriesTable = (all) =>
  table(
    "Queries",
    [
      ["entry", "no"],
      ["about", ""],
      ["question", ""],
      ["asked by", ""],
      ["answers", ""],
      ["state", ""],
    ],
    all.map(({ entry, answers, closed, state }) => [
      entryLink(entry.position),
      [refLink({ id: entry.body.target }), entry.body.field ? ` ${labelled(entry.body.field)[0]}` : ""],
      textOr(entry.body.question),
      whoSigned(entry),
      answers.map((one) => el("div", {}, entryLink(one.position), " ", textOr(one.body.answer), whoSigned(one))),
      [
        stateSign(state),
        closed ? el("div", {}, `${closed.body.outcome} in `, entryLink(closed.position), whoSigned(closed)) : null,
      ],
    ]),
    { class: "stacked" },
  );

const locksTable = (all) =>
  table(
    "Locks",
    [
      ["entry", "no"],
      ["of", ""],
      ["closes", ""],
      ["state", ""],
      ["signed by", ""],
    ],
    all.map(({ entry, ended }) => [
      entryLink(entry.position),
      entry.patient ? `patient ${entry.patient}` : "all patients",
      entry.body.until ? `what happened up to ${stated(entry.body.until)}` : "everything",
      ended
        ? [sign("warn", "ended"), " in ", entryLink(ended.position), " ", reasonText(ended), whoSigned(ended)]
        : sign("good", "locked"),
      whoSigned(entry),
    ]),
    { class: "stacked" },
  );

const fallenTable = (all) =>
  table(
    "Source verifications that no longer hold",
    [
      ["entry", "no"],
      ["compared in", "no"],
      ["changed by", ""],
      ["compared by", ""],
    ],
    all.map(({ entry, target, by }) => [
      refLink({ id: target }),
      entryLink(entry.position),
      [entryLink(by.position), ` ${whyStale(by)}`],
      whoSigned(entry),
    ]),
    { class: "stacked" },
  );

/** Every sign-off of every patient, and who was never signed off. */
function signOffAnswer() {
  const found = app.record.patients.flatMap((patient) => {
    const { standing, signOffs } = reviewsOf(app.record, patient, app.size);
    const stands = [stateSign(standing.state), ` ${standing.covered} of ${standing.entries} covered`];
    const rows = signOffs.length ? signOffs.map(signOffCells) : [["", "", "", "", "", ""]];
    return standing.entries ? rows.map((cells) => [patientLink(patient), stands, ...cells]) : [];
  });
  return answer("Sign-offs of all patients", [["patient", ""], ["stands", ""], ...SIGN_OFF], found);
}

/** What became of an entry that signs off or asks, in words and colour; nothing for any other. */
function reviewSign(entry) {
  if (!entry.patient || entry.position >= app.size) return null;
  const { signOffs, queries } = reviewsOf(app.record, entry.patient, app.size);
  const one = [...signOffs, ...queries].find((each) => each.entry === entry);
  return one ? stateSign(one.state) : null;
}
