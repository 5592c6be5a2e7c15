// What one stream says once corrections, voids and signatures are counted: a second implementation of docs/spec/entry.md
// "Needs and completion". One sweep from the newest entry to the oldest, since an amendment names earlier entries only.

const COMPLETED = new Set([
  "device.enrolled/1",
  "dlt.adjudicated/1",
  "entry.corrected/1",
  "entry.voided/1",
  "key.enrolled/1",
  "override.granted/1",
  "patient.declared-non-evaluable/1",
  "policy.amended/1",
  "registrar.changed/1",
  "signature.reaffirmed/1",
  "toxicity.regraded/1",
]);
const COMPLETION_MS = 30 * 86400000;

/** The needs of an entry that these signatures do not meet; a person meets one at most. */
function missing(payload, signers) {
  const open = [...payload.needs],
    used = new Set();
  for (const { header } of signers) {
    const { code } = header.meaning,
      { id, role } = header.signer;
    if (used.has(id)) continue;
    const by = payload.performed_by;
    const met = open.findIndex(
      (need) => need.meaning === code && need.role === role && !(code === "performed" && by !== null && by !== id),
    );
    if (met === -1) continue;
    open.splice(met, 1);
    used.add(id);
  }
  return open;
}

/** The effective history of the entries of one stream: facts as they stand, what was struck, superseded, and awaits. */
function effective(entries, atMs) {
  const voided = new Map(),
    amended = new Map(),
    added = new Map();
  const facts = [],
    struck = [],
    superseded = [],
    awaiting = [];
  const amend = (entry, target) => {
    const newest = amended.get(entry.id);
    amended.delete(entry.id);
    if (newest) superseded.push([entry, newest]);
    let stands = newest ?? entry;
    const rival = amended.get(target);
    if (rival) {
      const [older, newer] = [stands, rival].sort((a, b) => a.position - b.position);
      superseded.push([older, newer]);
      stands = newer;
    }
    amended.set(target, stands);
  };
  for (const entry of entries.toReversed()) {
    if (voided.has(entry.id)) {
      struck.push([entry, voided.get(entry.id)]);
      continue;
    }
    if (entry.kind === "entry.countersigned/1") {
      added.set(entry.body.target, [entry, ...(added.get(entry.body.target) ?? [])]);
      continue;
    }
    const completed = COMPLETED.has(entry.kind);
    const later = (added.get(entry.id) ?? []).filter(
      (one) => !completed || one.recordedMs - entry.recordedMs <= COMPLETION_MS,
    );
    const signers = [...entry.signers, ...later.flatMap((one) => one.signers)];
    const lacking = missing(entry.payload, signers),
      target = entry.payload.corrects?.id ?? null;
    if (lacking.length && completed) {
      const lapsed = atMs - entry.recordedMs > COMPLETION_MS;
      awaiting.unshift({ entry, target, missing: lacking, lapsed });
    } else if (entry.kind === "entry.voided/1" && target) voided.set(target, entry);
    else if (entry.kind === "entry.corrected/1" && target) amend(entry, target);
    else facts.push(factOf(entry, amended.get(entry.id) ?? null, signers, lacking, superseded));
  }
  facts.sort((a, b) => a.occurredMs - b.occurredMs || a.entry.position - b.entry.position);
  return { facts, struck, superseded, awaiting, byId: new Map(facts.map((fact) => [fact.entry.id, fact])) };
}

function factOf(entry, amendedBy, signers, lacking, superseded) {
  if (!amendedBy) {
    const { kind, body, occurred, occurredMs } = entry;
    return { entry, kind, body, occurred, occurredMs, amendedBy, signers, missing: lacking };
  }
  superseded.push([entry, amendedBy]);
  const { kind, body, occurred } = amendedBy.body;
  const occurredMs = instant(occurred, entry.signers[0].header.at);
  return { entry, kind, body, occurred, occurredMs, amendedBy, signers, missing: lacking };
}

/** The history of one patient as known after `size` entries; the newest few are kept. */
const histories = new Map();
function historyOf(record, stream, size) {
  const key = `${stream} ${size}`;
  if (!histories.has(key)) {
    if (histories.size > 400) histories.clear();
    const known = (record.streams.get(stream) ?? []).filter((one) => one.position < size);
    histories.set(key, effective(known, record.entries[size - 1]?.logMs ?? 0));
  }
  return histories.get(key);
}

/** What became of an entry, as known after `size` entries: the state, and the entry that did it. */
function fateOf(record, entry, size) {
  if (!entry.shown) return { state: "hidden", by: null };
  const history = historyOf(record, entry.stream, size);
  const strike = history.struck.find(([old]) => old === entry);
  if (strike) return { state: "void", by: strike[1] };
  const over = history.superseded.find(([old]) => old === entry);
  if (over) return { state: "corrected", by: over[1] };
  const waits = history.awaiting.find((one) => one.entry === entry);
  if (waits) return { state: waits.lapsed ? "lapsed" : "pending", by: null, missing: waits.missing };
  const fact = history.byId.get(entry.id);
  return { state: fact?.missing.length ? "incomplete" : "stands", by: null, missing: fact?.missing ?? [] };
}

/** "disputed" or "repudiated" where a key that signed the entry was revoked for that time, as known after `size` entries. */
function doubtOf(record, entry, size) {
  if (!entry.shown || entry.position >= size) return null;
  if (size === record.size)
    return entry.notices.find(({ code }) => code === "disputed" || code === "repudiated")?.code ?? null;
  const people = (record.streams.get("people") ?? []).filter((one) => one.position < size);
  const suspected = people.filter(({ kind, position, body }) => {
    const said = kind === "key.revoked/1" && body.suspected_from !== null && body.suspected_from <= entry.position;
    return said && entry.position < position && entry.signers.some(({ header }) => header.kid === body.key_id);
  });
  const answers = suspected.map(({ body }) =>
    people.findLast(
      ({ kind, signers, body: { targets } }) =>
        /^signature\.re/.test(kind) && targets.includes(entry.id) && signers[0].header.signer.id === body.person,
    ),
  );
  if (answers.some((one) => one?.kind === "signature.repudiated/1")) return "repudiated";
  return answers.some((one) => !one) ? "disputed" : null;
}
