// Bodies of entries for people: what kind it is, and one line of what it states. Ids and commitments are resolved or left out.

const OPAQUE = /^(?:sha256:[0-9a-f]{64}|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9_-]{43})$/;
const UNITS = [
  ["_mg_m2", "mg/m²"],
  ["_m2", "m²"],
  ["_ml_h", "mL/h"],
  ["_ml_min", "mL/min"],
  ["_mg", "mg"],
  ["_ml", "mL"],
  ["_kg", "kg"],
  ["_cm", "cm"],
  ["_min", "min"],
  ["_giga", "×10⁹/L"],
  ["_ms", "ms"],
];
const SAID_ELSEWHERE = new Set([
  "unit",
  "key",
  "log_key",
  "recovery_key",
  "request",
  "checks",
  "witnesses",
  "exit",
  "factors",
]);
const COMPARE = { lt: "<", le: "≤", eq: "", ge: "≥", gt: ">" };

/** `infusion.started/1` as people say it: Infusion started. */
function kindWords(kind) {
  const words = kind.split("/")[0].replace(/[.-]/g, " ").replace(/^dlt /, "DLT ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A field's name without its unit, and the unit. */
function labelled(name) {
  const [suffix, unit] = UNITS.find(([end]) => name.endsWith(end)) ?? ["", ""];
  return [name.slice(0, name.length - suffix.length).replaceAll("_", " "), unit ? ` ${unit}` : ""];
}

/** A value of a body in words; empty for nothing, for ids and for commitments. */
function valueWords(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string")
    return OPAQUE.test(value) ? "" : /^\d{4}-\d\d-\d\dT/.test(value) ? stated(value) : value;
  if (Array.isArray(value)) return value.map(valueWords).filter(Boolean).join(" + ");
  if (typeof value !== "object") return String(value);
  const own = Object.entries(value).filter(([name]) => !SAID_ELSEWHERE.has(name));
  return own
    .map(([name, one]) => [name, valueWords(one)])
    .filter(([, words]) => words)
    .map(([name, words]) => `${words}${labelled(name)[1]}`)
    .join(" ");
}

/** The drug and amount of an order or a dose that a body names by its id. */
function doseNamed(record, id) {
  const entry = record.byId.get(id);
  if (!entry) return "";
  if (entry.kind === "dose.ordered/1") {
    const step = entry.body.cycle === null ? "" : `, cycle ${entry.body.cycle} day ${entry.body.day}`;
    return `${entry.body.drug} ${entry.body.ordered_mg} mg${step}`;
  }
  if (entry.kind === "infusion.started/1") return doseNamed(record, entry.body.order);
  if (entry.kind === "infusion.recorded/1") {
    const mg = entry.body.given_mg ?? entry.body.prepared_mg;
    return mg === null ? entry.body.drug : `${entry.body.drug} ${mg} mg`;
  }
  return "";
}
const termNamed = (record, id) => (record.byId.get(id)?.body.term ?? "").replaceAll("-", " ");

const SAID = {
  "infusion.started": (r, b) => doseNamed(r, b.order),
  "infusion.recorded": (r, b) =>
    `${b.drug}${b.given_mg === null ? " running" : ` ${b.given_mg} mg given`}` +
    `${b.ended ? `, until ${stated(b.ended)}` : ""}${b.lot ? `, lot ${b.lot}` : ""}${b.stopped ? `, stopped: ${b.stopped}` : ""}`,
  "infusion.completed": (r, b) => `${b.given_mg} mg given of ${doseNamed(r, b.dose)}`,
  "infusion.aborted": (r, b) => `${b.given_mg} mg given of ${doseNamed(r, b.dose)}, stopped: ${b.why}`,
  "infusion.interrupted": (r, b) => `${doseNamed(r, b.dose)}: ${b.why}`,
  "infusion.resumed": (r, b) => doseNamed(r, b.dose),
  "dose.omitted": (r, b) => `${doseNamed(r, b.order)}: ${b.why}`,
  "dose.ordered": (r, b) =>
    `${b.drug} ${b.ordered_mg} mg for ${stated(b.planned_start)}` +
    `${b.level_mg_m2 === null ? "" : `; ${b.level_mg_m2} mg/m² × ${b.bsa_m2} m², cycle ${b.cycle} day ${b.day}`}`,
  "order.checked": (r, b) => doseNamed(r, b.order),
  "order.cancelled": (r, b) => `${doseNamed(r, b.order)}: ${b.why}`,
  "dose.released": (r, b) =>
    `${doseNamed(r, b.order)}: ${b.prepared_mg} mg prepared, ${b.wasted_mg} mg wasted, lot ${b.lot}`,
  "premedication.given": (r, b) => b.given.map((one) => `${one.agent} ${one.dose_mg} mg`).join(" + "),
  "tolerance.assessed": (r, b) =>
    `${b.tolerated ? "tolerated" : "NOT tolerated"}, worst grade ${b.worst_grade}: ${doseNamed(r, b.dose)}`,
  "toxicity.reported": (r, b) => b.term.replaceAll("-", " "),
  "toxicity.graded": (r, b) => `${termNamed(r, b.toxicity)}: grade ${b.grade}`,
  "toxicity.regraded": (r, b) => `${termNamed(r, b.toxicity)}: grade ${b.grade}`,
  "toxicity.attributed": (r, b) => `${termNamed(r, b.toxicity)}: ${b.relation} to ${b.drug}`,
  "toxicity.resolved": (r, b) => `${termNamed(r, b.toxicity)}: ${b.outcome}`,
  "seriousness.assessed": (r, b) =>
    `${termNamed(r, b.toxicity)}: ${b.serious ? "serious" : "not serious"} ${b.criteria.join(", ")}`,
  "expectedness.assessed": (r, b) => `${termNamed(r, b.toxicity)}: ${b.expected ? "expected" : "unexpected"}`,
  "dlt.adjudicated": (r, b) => `${termNamed(r, b.toxicity)}: ${b.dlt ? "dose-limiting" : "not dose-limiting"}`,
  "lab.measured": (r, b) => `${b.test} ${COMPARE[b.comparator]}${b.value}${b.unit === "none" ? "" : ` ${b.unit}`}`,
  "eligibility.assessed": (r, b) =>
    `${b.eligible ? "eligible" : "NOT eligible"}; ${b.criteria.filter((c) => c.met).length} of ` +
    `${b.criteria.length} criteria met`,
  "entry.corrected": (r, b, e) =>
    `#${e.payload.corrects.position} ${kindWords(b.kind).toLowerCase()}: ${said(r, b.kind, b.body, e)}`,
  "entry.voided": (r, b, e) => `#${e.payload.corrects.position}: ${b.why}`,
  "entry.countersigned": (r, b, e) => {
    const target = r.byId.get(b.target);
    return target
      ? `#${target.position} ${kindWords(target.kind).toLowerCase()}: ${e.signers[0].header.meaning.code}`
      : "";
  },
  "entry.refused": (r, b) =>
    `${b.act.replaceAll("-", " ")}${b.rules.length ? ` refused by ${b.rules.join(", ")}` : " refused"}` +
    `${b.claimed_by ? `, claimed by ${b.claimed_by} (proof: ${b.proof})` : ""}${b.count > 1 ? `, ${b.count} times` : ""}`,
  "key.enrolled": (r, b) => `${b.name}, ${b.roles.join(" + ")}, ${b.organisation}`,
  "delegation.granted": (r, b) => `${r.people.get(b.person)?.name ?? b.person}: ${b.tasks.join(", ")}`,
  "protocol.activated": (r, b) => `${b.pack.id} ${b.pack.version}, ${b.fictional.length} fictional values`,
  "ledger.created": (r, b) => `${b.trial}, ${b.purpose}; ${b.registrars.length} root registrars`,
  "deviation.acknowledged": (r, b) => `${b.rule} at #${r.byId.get(b.target)?.position ?? "?"}`,
  "deviation.classified": (r, b) =>
    `${b.rule} at #${r.byId.get(b.target)?.position ?? "?"}: ${b.important ? "important" : "not important"}`,
  "cycle.opened": (r, b) => `cycle ${b.n}, level ${b.level}: ${b.level_mg_m2} mg/m², ${b.weight_kg} kg, ${b.bsa_m2} m²`,
};

/** What a body states, in one line. */
function said(record, kind, body, entry) {
  const own = SAID[kind.split("/")[0]];
  try {
    if (own) return own(record, body, entry);
  } catch {
    /* a later version of a kind: said in general below */
  }
  const parts = Object.entries(body)
    .filter(([name]) => !SAID_ELSEWHERE.has(name))
    .map(([name, value]) => {
      const words = valueWords(value),
        [label, unit] = labelled(name);
      return words && `${label} ${words}${unit}`;
    });
  return parts.filter(Boolean).join(", ");
}
const summary = (record, entry) => (entry.summary ??= said(record, entry.kind, entry.body, entry));

/** Everything in which a search looks: words, kind, people, patient, dates, texts. Made once for each entry. */
function searched(record, entry) {
  if (entry.haystack === undefined) {
    const people = entry.signers.map(({ header }) => `${header.signer.name} ${header.signer.id} ${header.signer.role}`);
    const dates = [stated(entry.occurred?.at), entry.shown ? record.clock.local(entry.recordedMs) : ""];
    entry.haystack = [
      `#${entry.position}`,
      entry.kind,
      kindWords(entry.kind),
      entry.stream,
      entry.id,
      ...people,
      ...dates,
      entry.payload?.performed_by ?? "",
      entry.payload?.reason?.code ?? "",
      entry.shown ? summary(record, entry) : "withheld",
      ...textsOf(record, entry).map(([, , text]) => text ?? ""),
    ]
      .join("\n")
      .toLowerCase();
  }
  return entry.haystack;
}

/** Every commitment of an entry: the field, the commitment, and its checked words (null where they are not here). */
function textsOf(record, entry) {
  if (!entry.shown) return [];
  const found = [];
  const walk = (value, at) => {
    if (typeof value === "string") {
      if (/^sha256:[0-9a-f]{64}$/.test(value)) found.push([at, value, record.texts.get(value) ?? null]);
    } else if (value && typeof value === "object") {
      for (const [name, one] of Object.entries(value)) walk(one, at ? `${at}.${name}` : name);
    }
  };
  walk({ body: entry.payload.body, reason: entry.payload.reason, source: entry.payload.source }, "");
  return found;
}
