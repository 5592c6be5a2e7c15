// What of a patient was signed off, asked, compared with its source and locked, and what of that later entries undid: a
// second implementation of what `doseledger signoff status`, `query list` and `lock list` say. Pure: entries in, lists out.

const OF_REVIEW = new Set([
  "audit.reviewed/1",
  "entries.signed/1",
  "entry.reviewed/1",
  "query.answered/1",
  "query.closed/1",
  "query.opened/1",
  "record.locked/1",
  "record.unlocked/1",
  "site.locked/1",
  "text.redacted/1",
]);
const ofReview = (entry) => OF_REVIEW.has(entry.kind);

/** Everything that reviews one patient, as known after `size` entries, in log order. */
function reviewsOf(record, patient, size) {
  const stream = `patient/${patient}`,
    entries = knownIn(record, stream, size),
    history = historyOf(record, stream, size);
  const ended = new Map([...history.struck, ...newest(history.superseded)].map(([old, by]) => [old.id, by]));
  const voided = new Map(history.struck.map(([old, by]) => [old.id, by])),
    standing = entries.filter((one) => ofReview(one) && !voided.has(one.id));
  const signOffs = signOffsOf(standing, entries, ended, placed(history.facts.filter((one) => !ofReview(one)))),
    took = entries
      .filter((one) => one.kind === "entries.signed/1" && voided.has(one.id))
      .map((entry) => ({ entry, stale: [], state: "void", by: voided.get(entry.id) }));
  return {
    standing: oversight(entries, signOffs),
    signOffs: [...signOffs, ...took].sort((a, b) => a.entry.position - b.entry.position),
    queries: standing.filter((one) => one.kind === "query.opened/1").map((entry) => queryOf(entry, standing)),
    fallen: standing.filter((one) => one.kind === "entry.reviewed/1").flatMap((entry) => fallenOf(entry, ended)),
    locks: locksOf(record, stream, size),
  };
}

const knownIn = (record, stream, size) => (record.streams.get(stream) ?? []).filter((one) => one.position < size);

/** Each entry that lost, with the one that lost to none. */
function newest(superseded) {
  const won = new Map(superseded.map(([old, by]) => [old.id, by]));
  const last = (by) => (won.has(by.id) ? last(won.get(by.id)) : by);
  return superseded.map(([old, by]) => [old, last(by)]);
}

/** When each fact happened: one of which only the day is known never stands behind a fact that names it. */
function placed(facts) {
  const when = new Map(facts.map((fact) => [fact.entry.id, fact.occurredMs])),
    days = new Set(facts.filter(({ occurred }) => occurred.precision === "day").map(({ entry }) => entry.id));
  let moved = days.size > 0;
  while (moved) {
    moved = false;
    for (const fact of facts) {
      const at = when.get(fact.entry.id);
      for (const id of namesIn(fact.body))
        if (days.has(id) && when.get(id) > at) {
          when.set(id, at);
          moved = true;
        }
    }
  }
  return facts.map(({ entry }) => ({ entry, ms: when.get(entry.id) }));
}
const namesIn = (value) =>
  typeof value === "string" ? [value] : value && typeof value === "object" ? Object.values(value).flatMap(namesIn) : [];

const covers = ({ body }, position) => body.since <= position && position < body.until;

/**
 * The sign-offs that were not taken back. STALE by corrections and voids of what was signed, and by what was written
 * later about an earlier moment; RENEWED where later sign-offs cover all of these.
 */
function signOffsOf(standing, entries, ended, facts) {
  const signed = standing.filter((one) => one.kind === "entries.signed/1");
  return signed.map((entry) => {
    const changed = entries.filter((one) => covers(entry, one.position) && !ofReview(one) && ended.has(one.id)),
      after = changed.map((one) => ended.get(one.id)).filter((by) => by.position >= entry.body.until);
    const late = facts.filter((fact) => fact.entry.position > entry.position && fact.ms < entry.occurredMs);
    const stale = [...new Set([...after, ...late.map((fact) => fact.entry)])].sort((a, b) => a.position - b.position);
    const later = signed.filter((one) => one.position > entry.position),
      covered = stale.every(({ position }) => later.some((one) => covers(one, position)));
    return { entry, stale, state: !stale.length ? "stands" : covered ? "renewed" : "stale", by: null };
  });
}

/** How a patient stands: what he is as a whole, how many of his entries there are, and how many are covered. */
function oversight(entries, signOffs) {
  const own = entries.filter((one) => !ofReview(one)),
    covered = own.filter(({ position }) => signOffs.some(({ entry }) => covers(entry, position))).length;
  const stale = signOffs.some((one) => one.state === "stale");
  const state = !signOffs.length ? "never signed" : stale ? "stale" : covered < own.length ? "due" : "signed off";
  return { state, entries: own.length, covered };
}

function queryOf(entry, standing) {
  const answers = standing.filter((one) => one.kind === "query.answered/1" && one.body.query === entry.id),
    closed = standing.find((one) => one.kind === "query.closed/1" && one.body.query === entry.id) ?? null;
  return { entry, answers, closed, state: closed ? "closed" : answers.length ? "answered" : "open" };
}

/** The entries that a verification against the source named, and that were changed since: it holds for them no more. */
const fallenOf = (entry, ended) =>
  entry.body.targets
    .filter((target) => ended.get(target)?.position > entry.position)
    .map((target) => ({ entry, target, by: ended.get(target) }));

/** The locks of a patient and those of all patients, each with the unlocking that ended it. */
function locksOf(record, stream, size) {
  const streams = [stream, ...[...record.streams.keys()].filter((name) => name.startsWith("review/"))];
  const found = streams.flatMap((name) => {
    const entries = knownIn(record, name, size),
      ends = new Map(
        entries.filter((one) => one.kind === "record.unlocked/1").map((one) => [one.body.lock, one]),
      );
    return entries
      .filter((one) => one.kind === "record.locked/1" || one.kind === "site.locked/1")
      .map((entry) => ({ entry, ended: ends.get(entry.id) ?? null }));
  });
  return found.sort((a, b) => a.entry.position - b.entry.position);
}
