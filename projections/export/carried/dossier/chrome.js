// What stands around every view: the title, the two time axes, the tabs, the place to which a link leads.

const TABS = [
  ["patients", "Patients"],
  ["entries", "Entries"],
  ["answers", "Answers"],
  ["people", "People"],
  ["about", "About this file"],
];

/** The state of the page: what is looked at, as known at `size`, in which order. */
const app = {
  record: null,
  state: null,
  about: null,
  copy: null,
  size: 0,
  order: "recorded",
  route: ["patients", ""],
  shown: "patients",
};

/** The skeleton of the page, in the order in which it is read. */
function skeleton() {
  const parts = {
    title: el("header", { class: "title" }),
    verdict: el("section", { class: "verdict", "aria-label": "Is this file what was signed?" }),
    axes: el("div", { class: "axes" }),
    tabs: el("nav", { class: "tabs", "aria-label": "Views" }),
    order: el("fieldset", { class: "order" }),
    view: el("main", { id: "record", tabindex: "-1" }),
    foot: el("footer", { class: "foot" }),
    entry: el("dialog", { class: "entry", "aria-labelledby": "entry-title" }),
  };
  const skip = el("a", { class: "skip", href: "#record" }, "Skip to the record");
  skip.addEventListener("click", (event) => {
    event.preventDefault();
    parts.view.focus();
  });
  document.body.append(
    skip,
    parts.title,
    parts.verdict,
    el(
      "section",
      { class: "sticky", "aria-label": "As known at" },
      parts.axes,
      el("div", { class: "second" }, parts.tabs, parts.order),
    ),
    parts.view,
    parts.foot,
    parts.entry,
  );
  parts.entry.addEventListener("close", () => {
    if (app.route[0] === "entry") location.hash = app.shown;
  });
  parts.entry.addEventListener("click", (event) => {
    if (event.target === parts.entry) parts.entry.close();
  });
  return parts;
}

function drawTitle(node) {
  const { record, about } = app,
    first = record.genesis;
  const parted = record.entries.some((one) => one.withheld);
  const named = SCOPE.test(about.scope) ? about.scope.replace("/", " ") : "unknown scope";
  const scope = !["all", "part"].includes(named) ? named : parted ? "part of the record" : "whole record";
  const newest = record.entries.at(-1);
  put(
    node,
    el(
      "div",
      {},
      el("p", { class: "over" }, "Dosing record, signed"),
      el("h1", {}, (record.trial || "unknown trial").toUpperCase()),
      el(
        "p",
        { class: "under" },
        [
          `site ${record.site}`,
          scope,
          plural(record.size, "entry", "entries"),
          newest ? `as of ${record.clock.local(newest.logMs)}` : "",
        ]
          .filter(Boolean)
          .join("  ·  "),
      ),
    ),
    record.purpose && record.purpose !== "production"
      ? el("p", { class: "stamp" }, record.purpose, el("span", {}, "not about patients"))
      : null,
  );
  document.title = `${(record.trial || "dossier").toUpperCase()} site ${record.site} · ${first ? short(record.report.ledger ?? "") : "dossier"}`;
}

/** The two axes: how much was known (a place in the log), and in which order it is told. */
function axes(node, order, redraw) {
  const { record } = app;
  const slider = el("input", { type: "range", id: "known", min: 1, max: record.size, value: app.size, step: 1 });
  const words = el("output", { for: "known", id: "known-words" });
  const date = el("input", { type: "date", id: "known-date", "aria-label": "Known at the end of this day" });
  const step = (by, label, mark) =>
    el("button", { type: "button", class: "step", "aria-label": label, click: () => known(app.size + by) }, mark);
  const radio = (value, text) =>
    el(
      "label",
      {},
      el("input", {
        type: "radio",
        name: "order",
        value,
        checked: app.order === value,
        change: () => {
          app.order = value;
          redraw();
        },
      }),
      el("span", {}, text),
    );
  const say = () => {
    const at = record.entries[app.size - 1],
      newest = app.size === record.size;
    slider.value = app.size;
    slider.setAttribute("aria-valuetext", `${app.size} of ${record.size} entries, ${record.clock.local(at.logMs)}`);
    date.value = record.clock.day(at.logMs);
    put(
      words,
      el("strong", {}, newest ? "now" : `after #${app.size - 1}`),
      ` ${app.size} of ${record.size} entries`,
      el("span", { class: "soft" }, ` · ${record.clock.local(at.logMs)}`),
    );
    node.classList.toggle("past", !newest);
  };
  let waiting = 0;
  const known = (size) => {
    app.size = Math.min(record.size, Math.max(1, size));
    say();
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(redraw);
  };
  slider.addEventListener("input", () => known(Number(slider.value)));
  date.addEventListener("change", () => {
    if (!date.value) return;
    const before = record.entries.findLastIndex((one) => one.payload && record.clock.day(one.logMs) <= date.value);
    known(before + 1);
  });
  put(
    node,
    el("label", { for: "known" }, "As known at"),
    el(
      "div",
      { class: "slide" },
      step(-1, "One entry earlier", "◂"),
      slider,
      step(1, "One entry later", "▸"),
      el("button", { type: "button", class: "step wide", click: () => known(record.size) }, "now"),
    ),
    date,
    words,
  );
  put(order, el("legend", {}, "In the order"), radio("recorded", "as recorded"), radio("happened", "as it happened"));
  say();
  return known;
}

function tabs(node) {
  put(
    node,
    TABS.map(([name, words]) =>
      el(
        "a",
        {
          href: `#${name}`,
          "aria-current": app.shown.split("=")[0].replace(/^patient$/, "patients") === name ? "page" : null,
        },
        words,
      ),
    ),
  );
}

/** The route that the address names: [view, argument]. Anything else leads to the patients. */
function routed() {
  const [name, argument = ""] = decodeURIComponent(location.hash.slice(1)).split("=", 2);
  const known =
    TABS.some(([tab]) => tab === name) ||
    (name === "patient" && app.record.patients.includes(argument)) ||
    (name === "entry" && app.record.entries[Number(argument)]?.position === Number(argument));
  return known ? [name, argument] : ["patients", ""];
}
