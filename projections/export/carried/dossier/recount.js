// The recount: what this page itself counts from the signed bytes, to set beside what doseledger computed.
//
// Two rules of the protocol are cheap: at most so many doses of the step-up drug in all, and no higher step without a
// tolerance assessment of the dose before. The drug, the steps and the maximum come from the checked bytes of the pack.

const numberOf = (text) => Number(text ?? "0"); // for drawing and for ordering steps; amounts are shown as written

/** Every administration of a patient as the bytes tell it, in the order of its start. */
function dosesOf(record, patient, size) {
  const history = historyOf(record, `patient/${patient}`, size);
  const ends = new Map(), judged = new Map(), pauses = new Map();
  for (const fact of history.facts) {
    const noun = fact.kind.split("/")[0];
    if (noun === "infusion.completed" || noun === "infusion.aborted") ends.set(fact.body.dose, fact);
    if (noun === "tolerance.assessed") judged.set(fact.body.dose, fact);
    if (noun === "infusion.interrupted") pauses.set(fact.body.dose, (pauses.get(fact.body.dose) ?? 0) + 1);
  }
  const doses = [];
  for (const fact of history.facts) {
    const noun = fact.kind.split("/")[0];
    if (noun !== "infusion.started" && noun !== "infusion.recorded") continue;
    const order = history.byId.get(fact.body.order ?? ""), end = ends.get(fact.entry.id) ?? null;
    const started = noun === "infusion.started";
    const drug = started ? order?.body.drug ?? "?" : fact.body.drug;
    const ordered = order ? amended(history, order) : null;
    const given = end ? end.body.given_mg : started ? null : fact.body.given_mg;
    doses.push({
      fact, position: fact.entry.position, drug, order, end,
      stepMg: ordered?.step_mg ?? null, orderedMg: ordered?.ordered_mg ?? null, givenMg: given,
      amountMg: given ?? (started ? null : fact.body.prepared_mg) ?? ordered?.ordered_mg ?? null,
      cycle: order?.body.cycle ?? fact.body.cycle ?? null, day: order?.body.day ?? fact.body.day ?? null,
      startedMs: fact.occurredMs, endedMs: end ? end.occurredMs : started ? null : fact.body.ended && Date.parse(fact.body.ended),
      stopped: end?.kind === "infusion.aborted/1" ? end.body.why : fact.body.stopped ?? null,
      pauses: (pauses.get(fact.entry.id) ?? 0) + (fact.body.interruptions?.length ?? 0),
      tolerance: judged.get(fact.entry.id) ?? null,
      nothing: given !== null && numberOf(given) === 0 && (end ?? fact).signers.some(confirms),
    });
  }
  return doses;
}

const confirms = ({ header }) => header.signer.role === "pharmacist" && header.meaning.code === "verified";

/** An order with its newest amendment. */
function amended(history, order) {
  const newest = history.facts.filter((one) => one.kind === "order.amended/1" && one.body.order === order.entry.id).at(-1);
  return newest ? newest.body : order.body;
}

/** The step of a dose: as ordered, else the smallest that its amount does not exceed by more than preparation allows. */
function stepOf(dose, values) {
  if (dose.stepMg !== null) return numberOf(dose.stepMg);
  const steps = values.ladder_steps_mg.map(Number), least = numberOf(values.step_min_fraction ?? "1");
  return steps.find((step) => numberOf(dose.amountMg) * least <= step) ?? steps.at(-1);
}

/** The recount of one patient after `size` entries: how many doses count, and what two rules say. Null without a pack. */
function recount(record, patient, size) {
  const values = record.pack?.values;
  if (!values?.ladder_drug || values.ladder_counts !== "started") return null;
  const doses = dosesOf(record, patient, size).filter((dose) => dose.drug === values.ladder_drug && !dose.nothing);
  const findings = [];
  if (doses.length > values.ladder_max_doses) {
    findings.push({ rule: "12-dose cap", entry: doses[values.ladder_max_doses].position, words: `dose ${doses.length} of at most ${values.ladder_max_doses}` });
  }
  for (let i = 1; i < doses.length; i++) {
    const before = doses[i - 1], now = doses[i], from = stepOf(before, values), to = stepOf(now, values);
    if (to <= from) continue;
    const steps = values.ladder_steps_mg.map(Number), skipped = steps.indexOf(to) > steps.indexOf(from) + 1;
    if (!before.tolerance?.body.tolerated) {
      const why = before.tolerance ? "was not tolerated" : "has no tolerance assessment";
      findings.push({ rule: "step up", entry: now.position, words: `${to} mg after ${from} mg of #${before.position}, which ${why}` });
    } else if (skipped) {
      findings.push({ rule: "step up", entry: now.position, words: `${to} mg directly after ${from} mg of #${before.position}` });
    }
  }
  return { counted: doses.length, maximum: values.ladder_max_doses, findings, doses };
}

/** Whether the computed card agrees with the recount: pairs [what, computed, recounted] that differ. */
function differences(card, counted) {
  if (!card || !counted) return [];
  const remaining = Math.max(0, counted.maximum - counted.counted);
  const rows = [["doses counted", card.counted, counted.counted], ["doses remaining", card.remaining, remaining]];
  const computed = new Map(card.doses.map((dose) => [dose.entry, dose]));
  for (const dose of counted.doses) {
    const said = computed.get(dose.position);
    rows.push([`#${dose.position} given, mg`, said ? said.given_mg : "not listed", dose.givenMg]);
    const tolerated = dose.tolerance ? dose.tolerance.body.tolerated : null;
    if (said && ((said.tolerance === "tolerated") !== (tolerated === true)) && said.tolerance !== "contradicted") {
      rows.push([`#${dose.position} tolerated`, said.tolerance, tolerated === null ? "not assessed" : tolerated ? "tolerated" : "not tolerated"]);
    }
  }
  const counting = new Set(counted.doses.map((dose) => dose.position));
  for (const dose of card.doses) {
    if (dose.counted && dose.drug === counted.doses[0]?.drug && !counting.has(dose.entry)) rows.push([`#${dose.entry}`, "counted", "not counted"]);
  }
  return rows.filter(([, a, b]) => a !== b);
}

/** How late an entry is over the pack's limit for its kind, in ms; 0 when in time or where the pack sets no limit. */
function lateBy(record, entry, fact) {
  const limits = record.pack?.values.late_h, body = fact?.body ?? entry.body, at = fact?.occurredMs ?? entry.occurredMs;
  const [noun] = (fact?.kind ?? entry.kind).split("/");
  const since = LATE[noun]?.[1](body, at);
  const hours = LATE[noun] && limits?.[LATE[noun][0]];
  return hours === undefined ? 0 : Math.max(0, entry.recordedMs - (Number.isNaN(since) ? at : since) - hours * 3600000);
}
const from = (text, at) => (text ? Date.parse(text) : at);
const begun = ["infusion", (_, at) => at], assessed = ["assessment", (_, at) => at];
const LATE = {
  "infusion.recorded": ["infusion", (body, at) => from(body.ended, at)],
  "infusion.started": begun, "infusion.interrupted": begun, "infusion.resumed": begun, "infusion.completed": begun,
  "infusion.aborted": begun, "dose.omitted": begun,
  "premedication.given": ["premedication", (body, at) => Math.max(...body.given.map((one) => Date.parse(one.at)), ...(body.given.length ? [] : [at]))],
  "toxicity.reported": ["ae", (body, at) => from(body.aware_at, at)],
  "patient.died": ["death", (body, at) => from(body.aware_at, at)],
  "lab.measured": ["laboratory", (body, at) => from(body.reported_at, at)],
  "tolerance.assessed": assessed, "toxicity.graded": assessed, "toxicity.regraded": assessed,
};
