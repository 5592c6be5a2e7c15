// The swimmer plot: one row for each patient from his first day, with doses, cycles, dose-limiting toxicities and the end.

/** Draw all patients as known after `size` entries, `width` pixels wide. */
function swimmer(record, size, width) {
  const rows = record.patients.map((patient) => swimmerRow(record, patient, size)).filter(Boolean);
  const left = 92,
    right = width - 96,
    top = 34,
    each = 46,
    height = top + Math.max(1, rows.length) * each + 40;
  const longest = Math.max(28, ...rows.map((row) => (row.endMs - row.firstMs) / DAY_MS + 2));
  const days = scale(0, longest * DAY_MS, left, right),
    at = (row, ms) => days.x(Math.max(0, ms - row.firstMs));
  const words = rows
    .map(
      (row) =>
        `${row.patient}: ${row.doses.length} doses, ${row.cycles.length} cycles, ${row.toxicities.filter((one) => one.dlt).length} dose-limiting toxicities, ${row.end}`,
    )
    .join("; ");
  return picture(
    width,
    height,
    "All patients from their first day",
    words || "nobody is registered",
    days.ticks.map((ms) => [
      line(days.x(ms), top - 8, days.x(ms), height - 34),
      text(days.x(ms), top - 14, `${ms / DAY_MS + 1}`, { fill: FAINT, "font-size": 11, "text-anchor": "middle" }),
    ]),
    text(left - 12, top - 14, "day", { fill: FAINT, "font-size": 11, "text-anchor": "end" }),
    rows.map((row, place) => drawnRow(row, top + place * each + 22, (ms) => at(row, ms))),
    legend(left, height - 14, width),
  );
}

function swimmerRow(record, patient, size) {
  const history = historyOf(record, `patient/${patient}`, size),
    [ladder] = drugsOf(record);
  if (!history.facts.length) return null;
  const doses = dosesOf(record, patient, size),
    facts = history.facts;
  const enrolled = facts.find((one) => one.kind === "patient.enrolled/1");
  const firstMs = midnight(record, doses[0]?.startedMs ?? enrolled?.occurredMs ?? facts[0].occurredMs);
  const over = facts.filter((one) => ["patient.died/1", "treatment.ended/1", "consent.withdrawn/1"].includes(one.kind));
  const now = record.entries[size - 1].logMs;
  const closed = new Map(facts.filter((one) => one.kind === "cycle.closed/1").map((one) => [one.body.opened, one]));
  const cycles = facts
    .filter((one) => one.kind === "cycle.opened/1")
    .map((fact) => {
      const given = doses.filter((dose) => dose.cycle === fact.body.n);
      return {
        fact,
        given,
        closed: closed.get(fact.entry.id) ?? null,
        startMs: given[0]?.startedMs ?? fact.occurredMs,
      };
    });
  const end = over.length
    ? over
        .map((one) =>
          one.kind === "treatment.ended/1"
            ? `off: ${one.body.why}`
            : one.kind === "patient.died/1"
              ? "died"
              : "withdrawn",
        )
        .join(", ")
    : "going on";
  return {
    patient,
    doses,
    cycles,
    ladder,
    end,
    ended: over.length > 0,
    level: enrolled?.body.level ?? null,
    firstMs,
    endMs: over.length ? Math.max(...over.map((one) => one.occurredMs)) : now,
    toxicities: toxicitiesOf(record, patient, size),
  };
}

const drugsOf = (record) => [record.pack?.values.ladder_drug ?? "", record.pack?.values.cycle_drug ?? ""];

/** The start of the site's day of a moment. */
function midnight(record, ms) {
  const [, time] = record.clock.local(ms).split(" "),
    [hours, minutes, seconds] = time.split(":").map(Number);
  return ms - ((hours * 60 + minutes) * 60 + seconds) * 1000 - (ms % 1000);
}

function drawnRow(row, y, x) {
  const right = Math.max(x(row.endMs), x(row.firstMs) + 8),
    steps = row.doses.filter((dose) => dose.drug === row.ladder);
  const worstFirst = row.toxicities.filter((one) => one.dlt || one.serious || worst(one) >= 3);
  return svg(
    "g",
    {},
    spot(
      `patient=${row.patient}`,
      `Patient ${row.patient}`,
      text(8, y + 1, row.patient, { "font-weight": 600, fill: DRUG_INK[0], "text-decoration": "underline" }),
    ),
    row.level === null ? null : text(8, y + 15, `level ${row.level}`, { fill: FAINT, "font-size": 11 }),
    line(x(row.firstMs), y, right, y, { stroke: AXIS, "stroke-width": 2 }),
    row.cycles.map((cycle) => drawnCycle(cycle, y, x)),
    steps.length
      ? box(x(steps[0].startedMs) - 4, y - 9, x(steps.at(-1).startedMs) - x(steps[0].startedMs) + 8, 18, "", {
          fill: "#d9e7f4",
          stroke: DRUG_INK[0],
          rx: 3,
        })
      : null,
    steps.map((dose) =>
      spot(
        `entry=${dose.position}`,
        doseWords(dose),
        box(x(dose.startedMs) - 2, y - 7, 4, 14, doseWords(dose), {
          fill: DRUG_INK[0],
          "fill-opacity": dose.stopped ? 0.45 : 1,
        }),
      ),
    ),
    worstFirst.map((one) => drawnMark(one, x(one.onsetMs), y - 15)),
    row.ended
      ? line(right, y - 11, right, y + 11, { stroke: INK, "stroke-width": 3 })
      : shape(
          [
            [right, y - 6],
            [right + 8, y],
            [right, y + 6],
          ],
          "going on",
          { fill: AXIS },
        ),
    text(right + 12, y + 4, row.ended ? row.end : "", { "font-size": 11 }),
  );
}

function drawnCycle(cycle, y, x) {
  const { n, level_mg_m2: level } = cycle.fact.body,
    endMs = cycle.given.at(-1)?.startedMs ?? cycle.startMs;
  const left = x(cycle.startMs) - 3,
    width = Math.max(x(endMs) - left + 4, 30),
    response = cycle.closed?.body.response;
  const words = `#${cycle.fact.entry.position} cycle ${n}: ${level} mg/m² a day, ${cycle.given.length} days given${response ? `, response ${response}` : ""}`;
  return [
    spot(
      `entry=${cycle.fact.entry.position}`,
      words,
      box(left, y - 9, width, 18, words, { fill: "#d3ece1", stroke: DRUG_INK[1], rx: 3 }),
      text(left + 4, y + 4, `C${n}`, { "font-size": 11, fill: "#0d4b35" }),
    ),
    response ? text(left + width + 4, y + 15, response, { "font-size": 11, "font-weight": 600 }) : null,
  ];
}

function drawnMark(one, x, y) {
  const words = toxicityWords(one),
    fill = GRADE_INK[worst(one)] ?? "#fff";
  return spot(
    `entry=${one.fact.entry.position}`,
    words,
    one.dlt
      ? shape(
          [
            [x, y - 9.5],
            [x + 9.5, y],
            [x, y + 9.5],
            [x - 9.5, y],
          ],
          words,
          { fill: INK },
        )
      : svg("circle", { cx: x, cy: y, r: 6.5, fill, stroke: INK }, tip(words)),
    text(x, y + 3.5, one.dlt ? "D" : worst(one) || "?", {
      "font-size": 10,
      "font-weight": 700,
      "text-anchor": "middle",
      fill: one.dlt || worst(one) > 3 ? "#fff" : INK,
      "pointer-events": "none",
    }),
  );
}

function legend(left, y, width) {
  const items = [
    ["rect", "#d9e7f4", DRUG_INK[0], "step-up course, | each dose"],
    ["rect", "#d3ece1", DRUG_INK[1], "cycle"],
    ["circle", GRADE_INK[3], INK, "worst grade (3 or more, or serious)"],
    ["diamond", INK, INK, "D dose-limiting"],
  ];
  let x = width < 700 ? 8 : left;
  return items.map(([form, fill, stroke, words]) => {
    const at = x;
    x += 26 + words.length * 6.1;
    const mark =
      form === "circle"
        ? svg("circle", { cx: at + 7, cy: y - 4, r: 6, fill, stroke })
        : form === "rect"
          ? box(at, y - 10, 14, 12, "", { fill, stroke, rx: 2 })
          : shape(
              [
                [at + 7, y - 11],
                [at + 14, y - 4],
                [at + 7, y + 3],
                [at, y - 4],
              ],
              "",
              { fill },
            );
    return [mark, text(at + 19, y, words, { fill: FAINT, "font-size": 11 })];
  });
}
