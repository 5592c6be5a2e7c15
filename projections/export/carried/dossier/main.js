// From the bytes in this file to the page: read, verify, and only then show.

const BLOCKS = ["entries", "texts", "checkpoints", "blobs", "state", "about"];
const HEAD = new Set(["META", "TITLE", "STYLE"]), SIZES = { META: 4, TITLE: 1, STYLE: 1, NOSCRIPT: 1, SCRIPT: BLOCKS.length + 2 };
let printing = false;

/** Take everything out of the page that a dossier does not consist of, and name it: nobody may write beside the record. */
function cleared() {
  const found = [], counts = {};
  for (const node of [...document.head.childNodes, ...document.body.childNodes]) {
    const inHead = node.parentNode === document.head, tag = node.nodeName;
    const blank = node.nodeType === Node.TEXT_NODE && !node.textContent.trim();
    const known = inHead ? HEAD.has(tag) : tag === "SCRIPT" || tag === "NOSCRIPT";
    counts[tag] = (counts[tag] ?? 0) + 1;
    if (blank || (known && counts[tag] <= SIZES[tag])) continue;
    found.push(tag.startsWith("#") ? "text" : `<${tag.toLowerCase()}>`);
    node.remove();
  }
  for (const node of [document.documentElement, document.body]) {
    for (const { name } of [...node.attributes]) if (name !== "lang") { found.push(`${name} of <${node.nodeName.toLowerCase()}>`); node.removeAttribute(name); }
  }
  return found;
}

/** The lines of a block; the block must be there once, and begin and end with a newline. */
function lines(name) {
  const nodes = document.querySelectorAll(`script[type="application/json"][id="dl-${name}"]`);
  const whole = nodes.length === 1 ? nodes[0].textContent : "";
  if (!whole.startsWith("\n") || !whole.endsWith("\n")) throw new Error(`the block dl-${name} is not there once, in lines`);
  return whole.length > 1 ? whole.slice(1, -1).split("\n") : [];
}

function read() {
  const [entries, texts, checkpoints, blobs, state, about] = BLOCKS.map(lines), json = (all) => all.map((one) => JSON.parse(one));
  const files = Object.fromEntries(json(blobs).map(({ digest, data }) => [digest, Uint8Array.from(atob(data), (c) => c.charCodeAt(0))]));
  return { copy: { entries, texts: json(texts), checkpoints: json(checkpoints), blobs: files }, state: json(state)[0] ?? null, about: json(about)[0] ?? {} };
}

/** What `dl-about` says otherwise than the entries: a finding, as every verifier of a dossier makes it. */
function contradicted(about, report) {
  const wrong = ["ledger", "origin", "size", "root"].filter((name) => about[name] !== report[name]);
  if (about.format !== "doseledger-dossier/1") wrong.unshift("format");
  return wrong.map((name) => ({ level: "L1", code: "copy", why: `dl-about says another ${name} than the entries`, position: null, kind: null }));
}

async function start() {
  const foreign = cleared(), scripts = [...document.querySelectorAll("script:not([type])")], began = performance.now();
  const progress = el("progress", { max: 1, value: 0, "aria-label": "Checking" }), wait = el("div", { class: "wait", role: "status" }, el("p", {}, "Checking every signature, hash and text in this file…"), progress);
  document.body.append(wait);
  let seen;
  try {
    seen = read();
    const report = await doseledger.verify(seen.copy, { onProgress: (done, total) => { progress.value = done / total; } });
    const other = contradicted(seen.about, report);
    if (other.length) Object.assign(report, { findings: [...report.findings, ...other], verdict: "failed" });
    Object.assign(app, { copy: seen.copy, about: seen.about, state: stateOf(seen.state), record: await recordOf(seen.copy, report), ms: Math.round(performance.now() - began) });
  } catch (error) {
    put(wait, el("div", { class: "tile bad" }, el("span", { class: "mark", "aria-hidden": "true" }, "✗"), el("div", {}, el("h2", {}, "Do not rely on this file"),
      el("p", {}, `It cannot be read as a dossier, and nothing of it is shown: ${error.message}.`), el("p", {}, "Ask for it again, and compare: doseledger verify dossier.html"))));
    document.documentElement.dataset.ready = "unreadable";
    return;
  }
  wait.remove();
  app.programs = await Promise.all(scripts.map(async (one, place) => [["verifier", "page"][place] ?? "other", await sha256(new TextEncoder().encode(one.textContent))]));
  app.size = app.record.size;
  const parts = skeleton(), redraw = () => view(parts);
  drawTitle(parts.title);
  drawVerdict(parts.verdict, app.record.report, foreign, differingPatients());
  if (app.record.size) app.known = axes(parts.axes, parts.order, redraw);
  put(parts.foot, el("p", {}, `${app.about.made_by ?? ""} · root ${app.record.report.root} · ${app.record.size} entries · not clinical advice; the investigator decides.`));
  addEventListener("hashchange", () => navigated(parts));
  addEventListener("beforeprint", () => { printing = true; redraw(); });
  addEventListener("afterprint", () => { printing = false; redraw(); });
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width && !printing) { width = innerWidth; redraw(); } });
  navigated(parts);
  document.documentElement.dataset.ready = app.record.report.verdict;
}

function navigated(parts) {
  app.route = routed();
  const [name, argument] = app.route;
  if (name === "entry") { openEntry(parts.entry, Number(argument)); if (!parts.view.hasChildNodes()) view(parts); return; }
  if (parts.entry.open) parts.entry.close();
  const before = app.shown;
  app.shown = argument ? `${name}=${argument}` : name;
  view(parts);
  if (before !== app.shown) { parts.view.focus({ preventScroll: true }); if (parts.view.getBoundingClientRect().top < 0) parts.view.scrollIntoView(); }
}

/** Draw the view that is shown, as known at the chosen place. */
function view(parts) {
  const [name, argument = ""] = app.shown.split("=");
  tabs(parts.tabs);
  const draw = { patients: drawPatients, patient: (node) => drawPatient(node, argument), entries: drawEntries, answers: drawAnswers, people: drawPeople, about: drawAbout }[name];
  draw(parts.view);
  if (parts.entry.open && app.route[0] === "entry") openEntry(parts.entry, Number(app.route[1]));
}

// Not before the whole file is there: what stands behind the programs is looked at too.
if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
else start();
