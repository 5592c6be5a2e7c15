// All entries in a table that shows 200 rows at a time, with search and filters; as known, in either order.

const WINDOW = 200;
const filters = { text: "", kind: "", person: "", patient: "", from: "", to: "", only: "", page: 0 };

function drawEntries(view) {
  const { record } = app;
  const found = el("p", { class: "count", role: "status" }),
    body = el("tbody"),
    pages = el("div", { class: "pages" });
  const redraw = () => rows(body, found, pages, redraw);
  const changed = (name) => (event) => {
    filters[name] = event.target.value;
    filters.page = 0;
    redraw();
  };
  const choose = (name, label, options) =>
    el(
      "label",
      {},
      label,
      el(
        "select",
        { change: changed(name) },
        el("option", { value: "" }, "all"),
        options.map(([value, words]) => el("option", { value, selected: filters[name] === value }, words)),
      ),
    );
  const field = (name, label, type) =>
    el("label", {}, label, el("input", { type, value: filters[name], input: changed(name) }));
  const kinds = [...new Set(record.entries.map((one) => one.kind).filter(Boolean))].sort();
  const clear = el(
    "button",
    {
      type: "button",
      click: () => {
        Object.assign(filters, { text: "", kind: "", person: "", patient: "", from: "", to: "", only: "", page: 0 });
        drawEntries(view);
      },
    },
    "Clear",
  );
  put(
    view,
    el("h2", {}, "Entries"),
    el(
      "form",
      { class: "filters", role: "search", submit: (event) => event.preventDefault() },
      el(
        "label",
        { class: "wide" },
        "Search",
        el("input", {
          type: "search",
          id: "search",
          value: filters.text,
          input: changed("text"),
          placeholder: "words, a person, a drug, #405, 2026-11-16",
        }),
      ),
      choose(
        "patient",
        "Patient",
        record.patients.map((one) => [one, one]),
      ),
      choose(
        "kind",
        "Kind",
        kinds.map((one) => [one, kindWords(one)]),
      ),
      choose(
        "person",
        "Person",
        [...record.people.values()].map((one) => [one.id, `${one.name}, ${one.id}`]),
      ),
      choose("only", "Only", [
        ["late", "late"],
        ["amended", "corrected or void"],
        ["amending", "corrections, voids"],
        ["refused", "refused attempts"],
        ["doubt", "disputed or repudiated"],
        ["findings", "with findings"],
      ]),
      field("from", "Happened from", "date"),
      field("to", "to", "date"),
      clear,
    ),
    found,
    el(
      "table",
      { class: "entries" },
      el("caption", { class: "unseen" }, "Entries of the log"),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          ["#", "recorded", "happened", "about", "what", "signed by"].map((words) => el("th", { scope: "col" }, words)),
        ),
      ),
      body,
    ),
    pages,
  );
  redraw();
}

/** The entries that the filters leave, as known, in the chosen order. */
function filtered() {
  const { record, size } = app,
    words = filters.text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (one) =>
    one.position < size &&
    (!filters.kind || one.kind === filters.kind) &&
    (!filters.patient ||
      one.patient === filters.patient ||
      (one.body.streams ?? []).includes(`patient/${filters.patient}`)) &&
    (!filters.person ||
      one.signers.some(({ header }) => header.signer.id === filters.person) ||
      one.payload?.performed_by === filters.person ||
      one.body.claimed_by === filters.person) &&
    (!filters.from || (one.shown && one.occurred.at.slice(0, 10) >= filters.from)) &&
    (!filters.to || (one.shown && one.occurred.at.slice(0, 10) <= filters.to)) &&
    only(one) &&
    words.every((word) => searched(record, one).includes(word));
  const kept = record.entries.filter(fits);
  return app.order === "happened"
    ? kept.toSorted((a, b) => (a.occurredMs ?? a.logMs) - (b.occurredMs ?? b.logMs) || a.position - b.position)
    : kept;
}

function only(entry) {
  if (!filters.only) return true;
  if (!entry.shown) return filters.only === "findings" && !entry.withheld;
  if (filters.only === "late")
    return lateBy(app.record, entry, null) > 0 || entry.payload.reason?.code === "late-entry";
  if (filters.only === "amended") return ["corrected", "void"].includes(fateOf(app.record, entry, app.size).state);
  if (filters.only === "amending") return entry.kind === "entry.corrected/1" || entry.kind === "entry.voided/1";
  if (filters.only === "doubt") return doubtOf(app.record, entry, app.size) !== null;
  if (filters.only === "refused") return entry.kind === "entry.refused/1";
  return entry.findings.length > 0 || findingsAt(entry).length > 0;
}
const findingsAt = (entry) =>
  (app.state.patients.get(entry.patient)?.findings ?? []).filter((one) => one.target === `entry ${entry.position}`);

function rows(body, found, pages, redraw) {
  const all = filtered(),
    last = Math.max(0, Math.ceil(all.length / WINDOW) - 1);
  filters.page = Math.min(filters.page, last);
  const start = printing ? 0 : filters.page * WINDOW,
    shown = all.slice(start, printing ? all.length : start + WINDOW);
  put(body, shown.map(row));
  put(
    found,
    all.length
      ? `${plural(all.length, "entry", "entries")}${all.length > shown.length ? `, ${start + 1} to ${start + shown.length} shown` : ""}`
      : "No entry fits.",
  );
  const go = (page, words) =>
    el(
      "button",
      {
        type: "button",
        disabled: page < 0 || page > last,
        click: () => {
          filters.page = page;
          redraw();
        },
      },
      words,
    );
  put(
    pages,
    last
      ? [
          go(filters.page - 1, "‹ earlier"),
          ` page ${filters.page + 1} of ${last + 1} `,
          go(filters.page + 1, "later ›"),
        ]
      : null,
  );
}

function row(entry) {
  const { record, size } = app;
  const number = el("td", { class: "no" }, entryLink(entry.position));
  if (!entry.shown) {
    return el(
      "tr",
      { class: entry.withheld ? "soft" : "broken" },
      number,
      el(
        "td",
        { colspan: 5 },
        entry.withheld
          ? "withheld from this copy; its hash stands in the tree"
          : sign("bad", "✗ not authentic: not shown"),
      ),
    );
  }
  const fate = fateOf(record, entry, size),
    late = lateBy(record, entry, null);
  return el(
    "tr",
    { class: `is-${fate.state}` },
    number,
    el("td", { class: "time" }, record.clock.local(entry.recordedMs)),
    el("td", { class: "time" }, stated(entry.occurred.at), late ? [" ", sign("warn", "late")] : null),
    el("td", {}, entry.patient ? link(`patient=${entry.patient}`, entry.patient) : entry.stream),
    el(
      "td",
      {},
      el("strong", {}, kindWords(entry.kind)),
      " ",
      struck(fate, summary(record, entry)),
      " ",
      fate.state === "corrected" || fate.state === "void"
        ? [sign("bad", fate.state), " by ", entryLink(fate.by.position)]
        : fateSign(fate),
      doubtSign(record, entry, size),
    ),
    el(
      "td",
      {},
      entry.signers.map(({ header }) =>
        el("div", { class: "by" }, header.signer.name, el("span", { class: "soft" }, ` ${header.meaning.code}`)),
      ),
    ),
  );
}
