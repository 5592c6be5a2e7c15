// One entry in full: what it states, its texts, who signed it and what the signature means, what was said about it since.

const FATES = {
  stands: ["good", "stands"],
  incomplete: ["warn", "incomplete: a signature is missing"],
  corrected: ["bad", "corrected"],
  void: ["bad", "void"],
  pending: ["warn", "pending: without effect until signed"],
  lapsed: ["warn", "lapsed: never took effect"],
  hidden: ["bad", "not authentic"],
};

function openEntry(dialog, position) {
  const { record } = app,
    entry = record.entries[position];
  const close = el("button", { type: "button", class: "close", click: () => dialog.close() }, "Close");
  const step = (by, words) => (record.entries[position + by] ? entryLink(position + by, words) : null);
  const bar = el("div", { class: "bar" }, step(-1, "‹ previous"), step(1, "next ›"), close);
  put(dialog, bar, el("article", {}, entry.shown ? known(entry) : unknown(entry)));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

/** An entry whose content is not shown: withheld from this copy, or found to be other than what was signed. */
function unknown(entry) {
  if (entry.withheld) {
    return [
      el("h2", { id: "entry-title" }, `#${entry.position} withheld`),
      el(
        "p",
        {},
        "The entry's hash stands in the tree, so that nothing could be put in here unseen; its content is not in this file. " +
          "Whose it is, and whether it corrects what is shown, cannot be told from here.",
      ),
      pairs([["leaf", hash(entry.leaf)]]),
    ];
  }
  return [
    el("h2", { id: "entry-title" }, `#${entry.position} `, sign("bad", "✗ not authentic")),
    el("p", {}, "These bytes are not what was signed. They are not shown, so that nobody takes them for the record."),
    el(
      "ul",
      {},
      entry.findings.map((one) => el("li", {}, el("strong", {}, one.code), ` ${one.why}`)),
    ),
    pairs([["leaf", hash(entry.leaf ?? "")]]),
  ];
}

function known(entry) {
  const { record, size } = app,
    fate = fateOf(record, entry, size),
    [colour, words] = FATES[fate.state];
  const payload = entry.payload,
    late = lateBy(record, entry, null);
  return [
    el("h2", { id: "entry-title" }, `#${entry.position} ${kindWords(entry.kind)}`),
    el("p", { class: "says" }, struck(fate, summary(record, entry))),
    el(
      "p",
      { class: "signs" },
      sign(colour, words),
      fate.by ? [" by ", entryLink(fate.by.position)] : null,
      late ? sign("warn", `late by ${span(late)} over the limit`) : null,
      entry.position >= size ? sign("warn", `not yet known after #${size - 1}`) : null,
      entry.findings.map((one) => sign("bad", `${one.code}: ${one.why}`)),
      reviewSign(entry),
      doubtWords(entry),
      entry.notices.filter((one) => !DOUBTS.has(one.code)).map((one) => sign("warn", `${one.code}: ${one.why}`)),
    ),
    pairs([
      ["about", entry.patient ? link(`patient=${entry.patient}`, `patient ${entry.patient}`) : entry.stream],
      ["happened", `${stated(payload.occurred.at)} (${payload.occurred.zone}, ${payload.occurred.basis})`],
      [
        "recorded",
        `${record.clock.local(entry.recordedMs)} · ${utc(entry.recordedMs)} · ${span(Math.abs(entry.recordedMs - entry.occurredMs))} ` +
          (entry.recordedMs < entry.occurredMs ? "before" : "after"),
      ],
      ["reason", payload.reason ? payload.reason.code : null],
      ["performed by", payload.performed_by ? personNamed(payload.performed_by) : null],
      ["source", payload.source.kind === "direct" ? null : payload.source.kind],
      ["corrects", refLink(payload.corrects)],
      ["rests on", payload.causes.length ? payload.causes.map((ref) => [refLink(ref), " "]) : null],
      ["named by", namedBy(entry)],
    ]),
    changes(entry, fate),
    el("h3", {}, "Signatures"),
    entry.signers.map((signer) => signature(signer)),
    entry.attested.length ? el("p", {}, "The entry was lost, and came back in its own bytes. Attested by:") : null,
    entry.attested.map((signer) => signature(signer)),
    countersigned(entry),
    fate.missing?.length
      ? el(
          "p",
          {},
          sign("warn", "Still needed: "),
          fate.missing.map((need) => `${need.meaning} by ${need.role}`).join(", "),
        )
      : null,
    textsList(entry),
    el("h3", {}, "As it was signed"),
    fields(entry.body),
    el(
      "details",
      {},
      el("summary", {}, "The whole signed payload, and its place in the log"),
      el("pre", {}, JSON.stringify(payload, null, 1)),
      pairs([
        ["id", el("code", {}, entry.id)],
        ["leaf", hash(entry.leaf)],
        ["author saw", `${payload.after.size} entries, root ${short(payload.after.root)}…`],
      ]),
    ),
  ];
}

const struck = (fate, words) => (fate.state === "corrected" || fate.state === "void" ? el("del", {}, words) : words);
const personNamed = (id) => {
  const one = app.record.people.get(id);
  return one ? `${one.name} (${id})` : id;
};
const refLink = (ref) => {
  const one = ref && app.record.byId.get(ref.id);
  return one ? entryLink(one.position) : null;
};

/** Printed name, role, organisation, local time with offset and UTC, meaning, statement, key: 21 CFR 11.50. */
function signature({ header, ok }) {
  const { signer, meaning } = header,
    [colour, words] = ok ? ["good", "✓ valid"] : ok === null ? ["warn", "? not checked"] : ["bad", "✗ not valid"];
  return el(
    "div",
    { class: "signature" },
    el("p", {}, el("strong", {}, signer.name), ` · ${signer.role} · ${signer.organisation} `, sign(colour, words)),
    el("p", {}, el("em", {}, meaning.code), `: “${meaning.text}”`),
    el(
      "p",
      { class: "soft" },
      `${stated(header.at)} · ${utc(Date.parse(header.at))} · key `,
      el("code", {}, header.kid.slice(0, 8)),
      ` · ${signer.id} · signature ${header.n} of this key · ${header.auth.method}`,
    ),
  );
}

/** Signatures that came later, each an entry of its own. */
function countersigned(entry) {
  const later = (app.record.amended.get(entry.id) ?? []).filter(
    (one) => one.kind === "entry.countersigned/1" && one.position < app.size,
  );
  return later.map((one) => [
    el("p", { class: "soft" }, "later, in ", entryLink(one.position), ":"),
    one.signers.map((signer) => signature(signer)),
  ]);
}

/** What corrections changed: for the corrected entry and for the correction, field by field, old struck through. */
function changes(entry, fate) {
  const { record, size } = app;
  const about = (record.amended.get(entry.id) ?? []).filter(
    (one) => one.kind !== "entry.countersigned/1" && one.position < size,
  );
  const all = entry.payload.corrects ? [entry, ...about] : about;
  return all.length
    ? [
        el("h3", {}, "Corrections"),
        all.map((one) =>
          el(
            "div",
            { class: "correction" },
            el(
              "p",
              {},
              entryLink(one.position),
              one.kind === "entry.voided/1" ? " takes out " : " restates ",
              refLink(one.payload.corrects),
              `: ${one.payload.reason?.code ?? "no reason"} `,
              reasonText(one),
              " ",
              fateSign(fateOf(record, one, size)),
            ),
            changedFields(one),
          ),
        ),
      ]
    : fate.state === "void"
      ? el("p", {}, "Taken out by ", entryLink(fate.by.position))
      : null;
}
/** The doubt about an entry as the page marks it, in words and colour; nothing where there is none. */
const doubtSign = (record, entry, size) => {
  const code = doubtOf(record, entry, size);
  return code ? [" ", sign("bad", code.toUpperCase())] : null;
};
const DOUBTS = new Set(["disputed", "repudiated"]);
/** The doubt about an entry in full: the mark, and why where the verifier says so of the whole record. */
function doubtWords(entry) {
  const code = doubtOf(app.record, entry, app.size),
    why = entry.notices.find((one) => one.code === code)?.why;
  return code ? sign("bad", `${code.toUpperCase()}${why ? `: ${why}` : ""}`) : null;
}
const fateSign = ({ state }) =>
  state === "stands" || state === "corrected" ? null : sign(FATES[state][0], FATES[state][1]);
const reasonText = (entry) => {
  const commitment = entry.payload.reason?.text,
    words = app.record.texts.get(commitment);
  return words ? el("q", {}, words) : app.record.redacted.has(commitment) ? absent(commitment) : "";
};

/** The fields that a correction restates otherwise: name, old (struck), new. */
function changedFields(correction) {
  const old = app.record.byId.get(correction.payload.corrects?.id);
  if (!old || correction.kind !== "entry.corrected/1") return null;
  const before =
    old.kind === "entry.corrected/1" ? old.body : { body: old.body, occurred: old.occurred, kind: old.kind };
  const rows = [];
  if (before.occurred.at !== correction.body.occurred.at)
    rows.push(["happened", stated(before.occurred.at), stated(correction.body.occurred.at)]);
  for (const name of Object.keys(correction.body.body)) {
    const [was, is] = [before.body[name], correction.body.body[name]];
    if (JSON.stringify(was) !== JSON.stringify(is))
      rows.push([labelled(name)[0], written(name, was), written(name, is)]);
  }
  return el(
    "ul",
    { class: "changed" },
    rows.map(([name, was, is]) => el("li", {}, `${name}: `, el("del", {}, was), " → ", el("ins", {}, is))),
  );
}

/** A field's value with its unit; ids as links, commitments as their words. */
function written(name, value) {
  if (value === null) return "none";
  const named = typeof value === "string" && app.record.byId.get(value);
  if (named) return entryLink(named.position);
  if (typeof value === "string" && value.startsWith("sha256:"))
    return app.record.texts.get(value) ?? absent(value);
  if (Array.isArray(value)) return value.length ? value.map((one) => el("div", {}, written(name, one))) : "none";
  if (typeof value === "object")
    return Object.entries(value).map(([key, one]) => [`${labelled(key)[0]} `, written(key, one), "; "]);
  return `${valueWords(value) || value}${labelled(name)[1]}`;
}
const fields = (body) =>
  pairs(
    Object.entries(body).map(([name, value]) => [labelled(name)[0], written(name, value)]),
    "pairs dense",
  );

function textsList(entry) {
  const rows = textsOf(app.record, entry);
  return rows.length
    ? [
        el("h3", {}, "Texts"),
        pairs(
          rows.map(([at, commitment, text]) => [
            at.replace(/^body\./, "").replaceAll(/[._]/g, " "),
            text === null ? absent(commitment) : el("q", {}, text),
          ]),
        ),
      ]
    : null;
}

/** Why a text is not here: two persons redacted it, or it did not come with this copy. */
function absent(commitment) {
  const by = app.record.redacted.get(commitment);
  return by ? [sign("warn", "redacted"), " by ", entryLink(by.position)] : sign("warn", "not in this copy");
}

function namedBy(entry) {
  const found = (app.record.streams.get(entry.stream) ?? []).filter(
    (one) =>
      one.position < app.size &&
      (one.payload.causes.some((ref) => ref.id === entry.id) ||
        one.payload.corrects?.id === entry.id ||
        one.body.target === entry.id),
  );
  return found.length ? found.map((one) => [entryLink(one.position), " "]) : null;
}
