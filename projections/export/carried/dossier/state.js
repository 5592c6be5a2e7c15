// What doseledger computed for each patient at each place in the log (block dl-state), unfolded. It is labelled as such
// everywhere, and is not evidence: recount.js counts again what is cheap to count.

/** The card of every patient after `size` entries: members as in the block, `doses` a list in order of their start. */
function stateOf(block) {
  const patients = new Map();
  for (const one of block?.patients ?? []) {
    const steps = [],
      card = {},
      doses = new Map();
    for (const change of one.changes) {
      for (const [name, value] of Object.entries(change)) {
        if (name !== "doses" && name !== "size") card[name] = value;
      }
      for (const dose of change.doses ?? []) {
        if (dose.gone) doses.delete(dose.entry);
        else doses.set(dose.entry, dose);
      }
      const ordered = [...doses.values()].sort(
        (a, b) => Date.parse(a.started_at) - Date.parse(b.started_at) || a.entry - b.entry,
      );
      steps.push({ ...card, size: change.size, doses: ordered });
    }
    patients.set(one.patient, { steps, findings: one.findings });
  }
  return { by: block?.computed_by ?? "", size: block?.size ?? 0, pack: block?.pack ?? null, patients };
}

/** The card of one patient as known after `size` entries; null before there was one. */
function cardAt(state, patient, size) {
  const steps = state.patients.get(patient)?.steps ?? [];
  let low = 0,
    high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle].size <= size) low = middle + 1;
    else high = middle;
  }
  return low ? steps[low - 1] : null;
}

const STATES = {
  NOT_STARTED: "not started",
  ESCALATING: "escalating",
  AT_TARGET: "at target",
  ON_HOLD: "on hold",
  LAPSED: "lapsed",
  EXHAUSTED: "exhausted",
  DISCONTINUED: "discontinued",
  OPEN: "cycle open",
  DOSING_DONE: "days done",
  CLOSED: "cycle closed",
  STOPPED: "stopped",
  IDENTIFIED: "identified",
  CONSENTED: "consented",
  ELIGIBLE: "eligible",
  SCREEN_FAILED: "screen failed",
  ENROLLED: "enrolled",
  ON_TREATMENT: "on treatment",
  OFF_TREATMENT: "off treatment",
  OFF_STUDY: "off study",
  DIED: "died",
};
const stateWords = (name) => STATES[name] ?? name;
