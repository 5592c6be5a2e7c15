// The recount: what this page itself counts from the signed bytes, to set beside what doseledger computed.
//
// The verifier counts the course: at most so many doses of the step-up drug in all, and no higher step unless the dose
// before was tolerated. Drug, steps, maximum and gap come from the checked bytes of the protocol pack.

const numberOf = (text) => Number(text ?? "0"); // for drawing and for ordering steps; amounts are shown as written

/** Every administration of a patient as the bytes tell it, in the order of its start. */
function dosesOf(record, patient, size) {
  const history = historyOf(record, `patient/${patient}`, size);
  const ends = new Map(),
    judged = new Map(),
    pauses = new Map();
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
    const order = history.byId.get(fact.body.order ?? ""),
      end = ends.get(fact.entry.id) ?? null;
    const started = noun === "infusion.started";
    const drug = started ? (order?.body.drug ?? "?") : fact.body.drug;
    const ordered = order ? amended(history, order) : null;
    const given = end ? end.body.given_mg : started ? null : fact.body.given_mg;
    doses.push({
      fact,
      position: fact.entry.position,
      drug,
      order,
      end,
      stepMg: ordered?.step_mg ?? null,
      orderedMg: ordered?.ordered_mg ?? null,
      givenMg: given,
      amountMg: given ?? (started ? null : fact.body.prepared_mg) ?? ordered?.ordered_mg ?? null,
      cycle: order?.body.cycle ?? fact.body.cycle ?? null,
      day: order?.body.day ?? fact.body.day ?? null,
      startedMs: fact.occurredMs,
      endedMs: end ? end.occurredMs : started ? null : fact.body.ended && Date.parse(fact.body.ended),
      stopped: end?.kind === "infusion.aborted/1" ? end.body.why : (fact.body.stopped ?? null),
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
  const newest = history.facts
    .filter((one) => one.kind === "order.amended/1" && one.body.order === order.entry.id)
    .at(-1);
  return newest ? newest.body : order.body;
}

/** The recount of one patient after `size` entries: how many doses count, and what two rules say. Null without a pack. */
function recount(record, patient, size) {
  const values = record.pack?.values;
  if (!values?.ladder_drug || values.ladder_counts !== "started") return null;
  if (!recounts.has(size)) {
    if (recounts.size > 60) recounts.clear();
    const authentic = record.report.entries.map((one, place) =>
      record.entries[place].shown ? one : { payload: null },
    );
    recounts.set(
      size,
      doseledger.recount(authentic, {
        size,
        drug: values.ladder_drug,
        most: values.ladder_max_doses,
        steps: values.ladder_steps_mg,
        gap: values.restart_gap_days,
      }),
    );
  }
  const { patients, findings } = recounts.get(size),
    own = patients[patient];
  const doses = dosesOf(record, patient, size).filter((dose) => dose.drug === values.ladder_drug && !dose.nothing);
  return {
    counted: own?.counted ?? 0,
    maximum: values.ladder_max_doses,
    doses,
    steps: new Map((own?.doses ?? []).map((dose) => [dose.position, dose.step])),
    findings: findings
      .filter((one) => one.patient === patient)
      .map((one) => ({ rule: one.rule, entry: one.position, words: one.why })),
  };
}
const recounts = new Map();

/** Whether the computed card agrees with the recount: pairs [what, computed, recounted] that differ. */
function differences(card, counted) {
  if (!card || !counted) return [];
  const remaining = Math.max(0, counted.maximum - counted.counted);
  const rows = [
    ["doses counted", card.counted, counted.counted],
    ["doses remaining", card.remaining, remaining],
  ];
  const computed = new Map(card.doses.map((dose) => [dose.entry, dose]));
  for (const dose of counted.doses) {
    const said = computed.get(dose.position);
    rows.push([`#${dose.position} given, mg`, said ? said.given_mg : "not listed", dose.givenMg]);
    if (said)
      rows.push(
        [`#${dose.position} step, mg`, said.step_mg, counted.steps.get(dose.position) ?? null],
        [`#${dose.position} late`, said.late, lateBy(app.record, dose.fact.entry, dose.fact) > 0],
      );
    const tolerated = dose.tolerance ? dose.tolerance.body.tolerated : null;
    if (said && (said.tolerance === "tolerated") !== (tolerated === true) && said.tolerance !== "contradicted") {
      rows.push([
        `#${dose.position} tolerated`,
        said.tolerance,
        tolerated === null ? "not assessed" : tolerated ? "tolerated" : "not tolerated",
      ]);
    }
  }
  const counting = new Set(counted.doses.map((dose) => dose.position));
  for (const dose of card.doses) {
    if (dose.counted && dose.drug === counted.doses[0]?.drug && !counting.has(dose.entry))
      rows.push([`#${dose.entry}`, "counted", "not counted"]);
  }
  return rows.filter(([, a, b]) => a !== b);
}

/** How late an entry is over the pack's limit for its kind, in ms; 0 when in time or where the pack sets no limit. */
function lateBy(record, entry, fact) {
  const limits = record.pack?.values.late_h,
    body = fact?.body ?? entry.body,
    at = fact?.occurredMs ?? entry.occurredMs;
  const [noun] = (fact?.kind ?? entry.kind).split("/");
  const since = LATE[noun]?.[1](body, at);
  const hours = LATE[noun] && limits?.[LATE[noun][0]];
  return hours === undefined ? 0 : Math.max(0, entry.recordedMs - (Number.isNaN(since) ? at : since) - hours * 3600000);
}
const from = (text, at) => (text ? Date.parse(text) : at);
const begun = ["infusion", (_, at) => at],
  assessed = ["assessment", (_, at) => at];
const LATE = {
  "infusion.recorded": ["infusion", (body, at) => from(body.ended, at)],
  "infusion.started": begun,
  "infusion.interrupted": begun,
  "infusion.resumed": begun,
  "infusion.completed": begun,
  "infusion.aborted": begun,
  "dose.omitted": begun,
  "premedication.given": [
    "premedication",
    (body, at) => Math.max(...body.given.map((one) => Date.parse(one.at)), ...(body.given.length ? [] : [at])),
  ],
  "toxicity.reported": ["ae", (body, at) => from(body.aware_at, at)],
  "patient.died": ["death", (body, at) => from(body.aware_at, at)],
  "lab.measured": ["laboratory", (body, at) => from(body.reported_at, at)],
  "tolerance.assessed": assessed,
  "toxicity.graded": assessed,
  "toxicity.regraded": assessed,
};
