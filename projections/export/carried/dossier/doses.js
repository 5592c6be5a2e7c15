// The dose timeline of one patient: what was ordered (hollow) and given (filled) of each drug, and the toxicities beneath.

/** One bar in words, for its tooltip and for those who hear the page. */
function doseWords(dose) {
  const { record } = app,
    amount = dose.givenMg === null ? `${dose.amountMg ?? "?"} mg, not ended` : `${dose.givenMg} mg given`;
  const tolerance = dose.tolerance ? (dose.tolerance.body.tolerated ? ", tolerated" : ", NOT tolerated") : "";
  return (
    `#${dose.position} ${dose.drug} ${amount}${dose.orderedMg && dose.orderedMg !== dose.givenMg ? ` of ${dose.orderedMg} mg ordered` : ""}, ` +
    `${record.clock.local(dose.startedMs)}${dose.stopped ? `, stopped: ${dose.stopped}` : ""}${dose.pauses ? `, interrupted ${dose.pauses} times` : ""}${tolerance}` +
    (dose.fact.amendedBy ? `, corrected by #${dose.fact.amendedBy.position}` : "")
  );
}

function doseTimeline(record, patient, size, width) {
  const doses = dosesOf(record, patient, size),
    sick = toxicitiesOf(record, patient, size);
  if (!doses.length && !sick.length)
    return el("p", { class: "soft" }, "Nothing was given, and no toxicity was reported, as known then.");
  const drugs = [...new Set([...drugsOf(record), ...doses.map((dose) => dose.drug)])].filter((drug) =>
    doses.some((dose) => dose.drug === drug),
  );
  const left = 176,
    right = width - 20,
    top = 30,
    lane = 108,
    sickTop = top + drugs.length * lane + 26;
  const height = sickTop + Math.max(1, sick.length) * 24 + 34;
  const times = [
    ...doses.flatMap((dose) => [dose.startedMs, dose.endedMs ?? dose.startedMs]),
    ...sick.flatMap((one) => [one.onsetMs, one.endMs ?? one.onsetMs, ...one.grades.map((point) => point.sinceMs)]),
  ];
  const firstMs = midnight(record, Math.min(...times)),
    lastMs = Math.max(...times) + 1.2 * DAY_MS,
    days = scale(firstMs, lastMs, left, right);
  const dayWords = (ms) => record.clock.day(ms + DAY_MS / 2).slice(5);
  const known = record.entries[size - 1].logMs;
  return picture(
    width,
    height,
    `Doses and toxicities of ${patient}`,
    [...doses.map(doseWords), ...sick.map(toxicityWords)].join("; "),
    days.ticks.map((ms) => [
      line(days.x(ms), top - 6, days.x(ms), height - 30),
      text(days.x(ms), top - 12, dayWords(ms), { fill: FAINT, "font-size": 11 }),
    ]),
    size < record.size && known >= firstMs && known <= lastMs
      ? [line(days.x(known), top - 6, days.x(known), height - 30, { stroke: DRUG_INK[0], "stroke-dasharray": "4 3" })]
      : null,
    drugs.map((drug, place) =>
      laneOf(
        drug,
        doses.filter((dose) => dose.drug === drug),
        top + place * lane,
        lane,
        left,
        right,
        days,
        DRUG_INK[place],
      ),
    ),
    text(8, sickTop - 6, "toxicities", { "font-weight": 600 }),
    sick.length ? null : text(left, sickTop + 14, "none reported", { fill: FAINT }),
    sick.map((one, place) => toxicityBar(one, sickTop + place * 24 + 2, days, right)),
    gradeLegend(left, height - 16, width),
  );
}

function laneOf(drug, doses, top, lane, left, right, days, ink) {
  const base = top + lane - 20,
    most = Math.max(...doses.map((dose) => Math.max(numberOf(dose.amountMg), numberOf(dose.orderedMg)))) || 1;
  const tall = (mg) => (numberOf(mg) / most) * (lane - 52),
    thick = Math.max(4, Math.min(16, days.perDay * 0.66));
  const tolerated = drug === drugsOf(app.record)[0];
  let [lettered, height] = [-Infinity, 0],
    letters = "";
  const bars = doses.map((dose) => {
    const x = days.x(dose.startedMs),
      given = tall(dose.amountMg),
      ordered = tall(dose.orderedMg),
      words = doseWords(dose),
      amount = dose.amountMg ?? "?";
    const half = amount.length * 3.4,
      middle = x + thick / 2,
      top = Math.max(given, ordered),
      apart = middle - half > lettered + 2;
    const write = apart || (amount !== letters && Math.abs(top - height) > 12);
    if (write) [lettered, height, letters] = [middle + half, top, amount];
    const mark = dose.tolerance ? (dose.tolerance.body.tolerated ? "✓" : "✗") : tolerated ? "?" : "";
    return spot(
      `entry=${dose.position}`,
      words,
      dose.orderedMg
        ? box(x - 2, base - ordered, thick + 4, ordered, "", { fill: "none", stroke: AXIS, "stroke-dasharray": "2 2" })
        : null,
      box(x, base - given, thick, given, words, { fill: ink, "fill-opacity": dose.endedMs === null ? 0.5 : 1 }),
      write
        ? text(middle, base - Math.max(given, ordered) - 5, amount, { "font-size": 11, "text-anchor": "middle" })
        : null,
      dose.stopped || dose.pauses || dose.fact.amendedBy
        ? text(
            middle,
            base - Math.max(given, ordered) - 18,
            [dose.pauses ? "‖" : "", dose.stopped ? "stopped" : "", dose.fact.amendedBy ? "C" : ""]
              .filter(Boolean)
              .join(" "),
            { "font-size": 10, "font-weight": 700, "text-anchor": "middle", fill: "#a1101f" },
          )
        : null,
      mark && (days.perDay > 7 || mark === "✗")
        ? text(middle, base + 14, mark, {
            "font-size": 11,
            "text-anchor": "middle",
            fill: mark === "✗" ? "#a1101f" : FAINT,
            "font-weight": mark === "✗" ? 700 : 400,
          })
        : null,
    );
  });
  return svg(
    "g",
    {},
    text(8, top + 22, drug, { "font-weight": 600 }),
    text(8, top + 38, "mg given; hollow: ordered", { fill: FAINT, "font-size": 11 }),
    tolerated && days.perDay > 7 ? text(8, base + 14, "tolerated?", { fill: FAINT, "font-size": 11 }) : null,
    line(left, base, right, base, { stroke: AXIS }),
    bars,
  );
}

function toxicityBar(one, y, days, right) {
  const words = toxicityWords(one),
    points = one.grades.toSorted((a, b) => a.sinceMs - b.sinceMs);
  const parts =
    points.length && points[0].sinceMs <= one.onsetMs ? points : [{ sinceMs: one.onsetMs, grade: 0 }, ...points];
  const end = one.endMs === null ? right - 9 : days.x(one.endMs);
  let x = days.x(parts[0].sinceMs);
  const bars = parts.map((part, place) => {
    const stop = Math.max(place + 1 < parts.length ? days.x(parts[place + 1].sinceMs) : end, x + 15),
      middle = (x + stop) / 2;
    const drawn = [
      box(x, y, stop - x, 17, words, { fill: GRADE_INK[part.grade], stroke: INK }),
      text(middle, y + 12.5, part.grade || "?", {
        "font-size": 11,
        "font-weight": 700,
        "text-anchor": "middle",
        fill: part.grade > 4 ? "#fff" : INK,
        "pointer-events": "none",
      }),
    ];
    x = stop;
    return drawn;
  });
  const name = one.term.length > 27 ? `${one.term.slice(0, 25)}…` : one.term,
    flags = [one.dlt ? "DLT" : "", one.serious ? "serious" : ""].filter(Boolean).join(", ");
  const before = one.endMs === null || x + 5 + flags.length * 6.5 > right;
  return spot(
    `entry=${one.fact.entry.position}`,
    words,
    text(8, y + 13, name, {}),
    bars,
    one.endMs === null
      ? shape(
          [
            [x, y],
            [x + 8, y + 8.5],
            [x, y + 17],
          ],
          "not resolved",
          { fill: INK },
        )
      : null,
    flags
      ? text(before ? days.x(one.onsetMs) - 5 : x + 5, y + 13, flags, {
          "font-size": 11,
          "font-weight": 600,
          "text-anchor": before ? "end" : "start",
        })
      : null,
  );
}

function gradeLegend(left, y, width) {
  const x = width < 700 ? 8 : left;
  return [
    GRADE_INK.slice(1).map((fill, place) => [
      box(x + place * 20, y - 11, 16, 14, "", { fill, stroke: INK }),
      text(x + place * 20 + 8, y, place + 1, {
        "font-size": 11,
        "font-weight": 700,
        "text-anchor": "middle",
        fill: place > 3 ? "#fff" : INK,
      }),
    ]),
    text(x + 108, y, "worst grade; ▸ not resolved; ‖ interrupted; C corrected", { fill: FAINT, "font-size": 11 }),
  ];
}
