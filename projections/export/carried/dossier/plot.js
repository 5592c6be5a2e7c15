// Shapes for the two plots: made by hand from the same bytes as everything else. What a colour says is also said in words.

const DRUG_INK = ["#0b4f8a", "#1b7a57", "#8a4b9c"];
const GRADE_INK = ["#ffffff", "#fff3c4", "#fbd38d", "#ee9a4d", "#cf5a2b", "#8c1d18"];
const GRID = "#e3e7eb",
  AXIS = "#8b95a0",
  FAINT = "#525c66",
  INK = "#15191e";
const DAY_MS = 86400000;

const tip = (words) => svg("title", {}, words);
const text = (x, y, words, more = {}) => svg("text", { x, y, ...more }, words);
const box = (x, y, width, height, words, more = {}) =>
  svg("rect", { x, y, width: Math.max(width, 0), height: Math.max(height, 0), ...more }, words ? tip(words) : null);
const line = (x1, y1, x2, y2, more = {}) => svg("line", { x1, y1, x2, y2, stroke: GRID, ...more });
const shape = (points, words, more = {}) =>
  svg("polygon", { points: points.map((one) => one.join(",")).join(" "), ...more }, words ? tip(words) : null);

/** A link inside a plot, reached by the keyboard too, named by its tooltip. */
const spot = (route, words, ...children) => svg("a", { href: `#${route}`, "aria-label": words }, children);

/** A picture with its name, and what it shows in words for those who do not see it. */
function picture(width, height, name, words, ...children) {
  return el(
    "figure",
    { class: "plot" },
    svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": `${name}. ${words}` },
      children,
    ),
  );
}

/** A scale of days between two moments, to the pixel. */
function scale(fromMs, toMs, left, right) {
  const days = Math.max(1, (toMs - fromMs) / DAY_MS),
    perDay = (right - left) / days;
  const x = (ms) => Math.round((left + ((ms - fromMs) / DAY_MS) * perDay) * 10) / 10;
  const apart = [1, 2, 7, 14, 28, 56, 112, 364].find((n) => n * perDay >= 62) ?? 364;
  const ticks = Array.from({ length: Math.floor(days / apart) + 1 }, (_, n) => fromMs + n * apart * DAY_MS);
  return { x, perDay, ticks, apart };
}

/** The toxicities of a patient as known: grades from when each held, end, seriousness, ruling. */
function toxicitiesOf(record, patient, size) {
  const history = historyOf(record, `patient/${patient}`, size),
    found = new Map();
  for (const fact of history.facts) {
    if (fact.kind === "toxicity.reported/1") {
      found.set(fact.entry.id, {
        fact,
        term: fact.body.term.replaceAll("-", " "),
        onsetMs: fact.occurredMs,
        grades: [],
        endMs: null,
        outcome: null,
        serious: null,
        dlt: null,
        relations: [],
      });
    }
  }
  for (const fact of history.facts) {
    const one = found.get(fact.body.toxicity);
    if (!one) continue;
    const noun = fact.kind.split("/")[0];
    if (noun === "toxicity.graded" || noun === "toxicity.regraded")
      one.grades.push({ sinceMs: fact.occurredMs, grade: fact.body.grade, fact });
    if (noun === "toxicity.resolved") Object.assign(one, { endMs: fact.occurredMs, outcome: fact.body.outcome });
    if (noun === "seriousness.assessed") one.serious = fact.body.serious;
    if (noun === "dlt.adjudicated") one.dlt = fact.body.dlt;
    if (noun === "toxicity.attributed") one.relations.push(`${fact.body.relation} to ${fact.body.drug}`);
  }
  return [...found.values()].sort((a, b) => a.onsetMs - b.onsetMs);
}
const worst = (one) => Math.max(0, ...one.grades.map((point) => point.grade));
const toxicityWords = (one) =>
  `#${one.fact.entry.position} ${one.term}, ${worst(one) ? `worst grade ${worst(one)}` : "not graded"}` +
  `${one.serious ? ", serious" : ""}${one.dlt ? ", dose-limiting" : ""}, from ${app.record.clock.local(one.onsetMs)}` +
  (one.endMs ? `, ${one.outcome} ${app.record.clock.local(one.endMs)}` : ", not resolved");
