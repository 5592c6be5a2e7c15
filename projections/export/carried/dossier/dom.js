// Building the page: nodes and texts, never markup. Nothing here or elsewhere in the page parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/** A node with attributes and children; strings become text, null and false nothing, arrays their members. */
function make(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return node;
}
const el = (tag, attributes = {}, ...children) => make(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) => make(document.createElementNS(SVG, tag), attributes, children);
const put = (node, ...children) => {
  node.replaceChildren();
  return make(node, {}, children);
};

/** A link inside the page: `#entry=405`, `#patient=001-005`. */
const link = (route, ...children) => el("a", { href: `#${route}` }, ...children);
const entryLink = (position, ...words) => link(`entry=${position}`, ...(words.length ? words : [`#${position}`]));

/** A table: `columns` are [words, class], `rows` arrays of cells; a cell is a node, a text or [class, content]. */
function table(caption, columns, rows, attributes = {}) {
  const head = el(
    "tr",
    {},
    columns.map(([words, kind]) => el("th", { scope: "col", class: kind }, words)),
  );
  const cells = (row) => row.map((cell, i) => el("td", { class: columns[i][1], "data-of": columns[i][0] }, cell));
  const body = rows.map((row) => el("tr", { class: row.kind ?? null }, cells(row)));
  return el(
    "table",
    attributes,
    el("caption", { class: "unseen" }, caption),
    el("thead", {}, head),
    el("tbody", {}, body),
  );
}

/** A list of names and what they are: pairs [name, content]; those without content are left out. */
const pairs = (rows, kind = "pairs") =>
  el(
    "dl",
    { class: kind },
    rows
      .filter(([, what]) => what !== null && what !== "")
      .map(([name, what]) => el("div", {}, el("dt", {}, name), el("dd", {}, what))),
  );

const sign = (kind, words) => el("span", { class: `sign ${kind}` }, words);
const hidden = (words) => el("span", { class: "unseen" }, words);
const plural = (n, one, many = `${one}s`) => `${n.toLocaleString("en-US")} ${n === 1 ? one : many}`;

/** A long hash in groups of eight, selectable as one; `short` its first sixteen digits. */
const hash = (text) =>
  el(
    "code",
    { class: "hash" },
    (text.match(/.{1,8}/g) ?? []).map((part) => el("span", {}, part)),
  );
const short = (text) => text.slice(0, 16);

// ------------------------------------------------------------------------------------------------------------- times

const pad = (n) => String(n).padStart(2, "0");
const MINUS = "\u2212";

/** A stated time as it was stated, `2026-11-16 10:16 −08:00`, or only its day. */
function stated(text) {
  const found = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:\d\d))?$/.exec(text ?? "");
  if (!found) return text ?? "";
  const [, day, time, offset] = found;
  return time ? `${day} ${time} ${offset === "Z" ? "UTC" : offset.replace("-", MINUS)}` : day;
}

/** The same moment in UTC, to the second. */
const utc = (ms) => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** How a moment is written in a zone, with its offset; UTC where the browser does not know the zone. */
function clockOf(zone) {
  let format;
  const fields = {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  };
  try {
    format = new Intl.DateTimeFormat("en-US", {
      ...fields,
      hourCycle: "h23",
      timeZone: zone,
      timeZoneName: "longOffset",
    });
  } catch {
    return { local: utc, day: (ms) => new Date(ms).toISOString().slice(0, 10) };
  }
  const parts = (ms) => Object.fromEntries(format.formatToParts(ms).map((part) => [part.type, part.value]));
  const day = (p) => `${p.year}-${p.month}-${p.day}`;
  return {
    local: (ms) => {
      const p = parts(ms),
        offset = p.timeZoneName.replace("GMT", "").replace("-", MINUS) || "+00:00";
      return `${day(p)} ${p.hour}:${p.minute}:${p.second} ${offset}`;
    },
    day: (ms) => day(parts(ms)),
  };
}

/** A span of time in words: `44 h 45 min`. */
function span(ms) {
  const minutes = Math.round(ms / 60000),
    days = Math.floor(minutes / 1440),
    hours = Math.floor((minutes % 1440) / 60);
  if (days >= 4) return `${days} d ${hours} h`;
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  return `${minutes} min`;
}
