// From the bytes in this file to the page: read, verify, and only then show.

const BLOCKS = ["entries", "texts", "checkpoints", "blobs", "state", "about"];
const HEAD = new Set(["META", "TITLE", "STYLE"]),
  SIZES = { META: 4, TITLE: 1, STYLE: 1, NOSCRIPT: 1, SCRIPT: BLOCKS.length + 2 };
const METAS = [
  '<meta charset="utf-8">',
  (policy) => `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
  '<meta name="viewport" content="width=device-width, initial-scale=1">',
  '<meta name="referrer" content="no-referrer">',
];
let printing = false;

/** Take everything out of the page that a dossier does not consist of, and name it: nobody may write beside the record. */
function cleared() {
  const found = [],
    counts = {};
  for (const node of [document.documentElement, document.body]) {
    for (const { name } of [...node.attributes])
      if (name !== "lang") {
        found.push(`${name} of <${node.nodeName.toLowerCase()}>`);
        node.removeAttribute(name);
      }
  }
  if (rehoused()) found.push("a shadow tree");
  for (const node of [...document.head.childNodes, ...document.body.childNodes]) {
    const inHead = node.parentNode === document.head,
      tag = node.nodeName;
    const blank = node.nodeType === Node.TEXT_NODE && !node.textContent.trim();
    const known = inHead ? HEAD.has(tag) : tag === "SCRIPT" || tag === "NOSCRIPT";
    counts[tag] = (counts[tag] ?? 0) + 1;
    if (blank || (known && counts[tag] <= SIZES[tag])) continue;
    found.push(tag.startsWith("#") ? "text" : `<${tag.toLowerCase()}>`);
    node.remove();
  }
  return found;
}

/**
 * Move what the body holds into a body of our own: markup can give the parser's one a shadow tree, which is shown instead
 * of its children, and a closed one cannot be seen from here. Whether there was one.
 */
function rehoused() {
  const old = document.body,
    open = Boolean(old.shadowRoot),
    body = document.createElement("body");
  body.append(...old.childNodes);
  old.replaceWith(body);
  try {
    old.attachShadow({ mode: "open" });
    return open;
  } catch {
    return true;
  }
}

/** What stands in the head otherwise than doseledger writes it: a style can hide a fault, a meta element lead elsewhere. */
async function redressed(scripts) {
  const style = document.head.querySelector("style"),
    named = async (node) => `'sha256-${btoa(String.fromCharCode(...(await digestOf(node?.textContent ?? ""))))}'`;
  const [ours, ...programs] = await Promise.all([style, ...scripts].map(named));
  const policy =
    `default-src 'none'; script-src ${programs.join(" ")}; style-src ${ours}; ` + "base-uri 'none'; form-action 'none'";
  const metas = [...document.head.querySelectorAll("meta")].map((one) => one.outerHTML);
  const expected = METAS.map((one) => (typeof one === "string" ? one : one(policy)));
  const found = [];
  if (ours !== STYLE || style.attributes.length) {
    style?.remove();
    found.push("another style");
  }
  if (metas.join("\n") !== expected.join("\n")) found.push("another <meta>");
  return found;
}
const digestOf = async (text) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

/** The lines of a block; the block must be there once, and begin and end with a newline. */
function lines(name) {
  const nodes = document.querySelectorAll(`script[type="application/json"][id="dl-${name}"]`);
  const whole = nodes.length === 1 ? nodes[0].textContent : "";
  if (!whole.startsWith("\n") || !whole.endsWith("\n"))
    throw new Error(`the block dl-${name} is not there once, in lines`);
  return whole.length > 1 ? whole.slice(1, -1).split("\n") : [];
}

function read() {
  const [entries, texts, checkpoints, blobs, state, about] = BLOCKS.map(lines),
    json = (all) => all.map((one) => JSON.parse(one));
  if (about.length !== 1 || state.length > 1) throw new Error("dl-about or dl-state is not one object on one line");
  const files = Object.fromEntries(
    json(blobs).map(({ digest, data }) => [digest, Uint8Array.from(atob(data), (c) => c.charCodeAt(0))]),
  );
  return {
    copy: { entries, texts: json(texts), checkpoints: json(checkpoints), blobs: files },
    state: json(state)[0] ?? null,
    about: json(about)[0],
  };
}

const SCOPE = /^(?:all|part|index|patient\/(?:P-)?\d+(?:-\d+)*)$/;

/** What `dl-about` says otherwise than the entries: a finding, as every verifier of a dossier makes it. */
function contradicted(about, report) {
  const wrong = ["ledger", "origin", "size", "root"].filter((name) => about[name] !== report[name]);
  if (about.format !== "doseledger-dossier/1") wrong.unshift("format");
  if (!SCOPE.test(about.scope)) wrong.push("scope");
  return wrong.map((name) => ({
    level: "L1",
    code: "copy",
    why: `dl-about says another ${name} than the entries`,
    position: null,
    kind: null,
  }));
}

/** Say that nothing can be shown, and show nothing. */
function refuse(error) {
  for (const node of [...document.body.children]) if (node.nodeName !== "SCRIPT") node.remove();
  document.body.append(
    el(
      "main",
      { class: "wait" },
      el(
        "div",
        { class: "tile bad", role: "status" },
        el("span", { class: "mark", "aria-hidden": "true" }, "✗"),
        el(
          "div",
          {},
          el("h1", {}, "Do not rely on this file"),
          el("p", {}, `It cannot be read as a dossier, and nothing of it is shown: ${error.message}.`),
          el("p", {}, "Ask for it again, and compare: doseledger verify dossier.html"),
        ),
      ),
    ),
  );
  document.documentElement.dataset.ready = "unreadable";
}

async function start() {
  const foreign = cleared(),
    scripts = [...document.querySelectorAll("script:not([type])")],
    began = performance.now();
  foreign.push(...(await redressed(scripts)));
  const progress = el("progress", { max: 1, value: 0, "aria-label": "Checking" });
  const wait = el(
    "div",
    { class: "wait", role: "status" },
    el("p", {}, "Checking every signature, hash and text in this file…"),
    progress,
  );
  document.body.append(wait);
  const seen = read(),
    report = await doseledger.verify(seen.copy, {
      onProgress: (done, total) => {
        progress.value = done / total;
      },
    });
  const other = contradicted(seen.about, report);
  if (other.length) Object.assign(report, { findings: [...report.findings, ...other], verdict: "failed" });
  Object.assign(app, {
    copy: seen.copy,
    about: seen.about,
    state: stateOf(seen.state),
    record: await recordOf(seen.copy, report),
    ms: Math.round(performance.now() - began),
  });
  app.programs = await Promise.all(
    scripts.map(async (one, place) => [
      ["verifier", "page"][place] ?? "other",
      await sha256(new TextEncoder().encode(one.textContent)),
    ]),
  );
  app.size = app.record.size;
  wait.remove();
  shown(skeleton(), foreign);
}

function shown(parts, foreign) {
  const redraw = () => view(parts),
    { report } = app.record;
  drawTitle(parts.title);
  drawVerdict(parts.verdict, report, foreign, differingPatients());
  if (app.record.size) axes(parts.axes, parts.order, redraw);
  put(
    parts.foot,
    el(
      "p",
      {},
      `${app.about.made_by ?? ""} · root ${report.root} · ${app.record.size} entries · not clinical advice; the investigator decides.`,
    ),
  );
  addEventListener("hashchange", () => navigated(parts));
  addEventListener("beforeprint", () => {
    printing = true;
    redraw();
  });
  addEventListener("afterprint", () => {
    printing = false;
    redraw();
  });
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width && !printing) {
      width = innerWidth;
      redraw();
    }
  });
  navigated(parts);
  document.documentElement.dataset.ready = report.verdict;
}

/** Follow the address. Whoever closes an entry comes back to the very place from which he opened it. */
function navigated(parts) {
  const [left] = app.route,
    before = app.shown;
  app.route = routed();
  const [name, argument] = app.route;
  if (name === "entry") {
    if (!parts.view.hasChildNodes()) view(parts);
    openEntry(parts.entry, Number(argument));
    return;
  }
  if (parts.entry.open) parts.entry.close();
  app.shown = argument ? `${name}=${argument}` : name;
  if (left === "entry" && before === app.shown && parts.view.hasChildNodes()) return;
  view(parts);
  if (before !== app.shown) {
    parts.view.focus({ preventScroll: true });
    if (parts.view.getBoundingClientRect().top < 0) parts.view.scrollIntoView();
  }
}

/** Draw the view that is shown, as known at the chosen place. */
function view(parts) {
  const [name, argument = ""] = app.shown.split("=");
  tabs(parts.tabs);
  const draw = {
    patients: drawPatients,
    patient: (node) => drawPatient(node, argument),
    entries: drawEntries,
    answers: drawAnswers,
    people: drawPeople,
    about: drawAbout,
  }[name];
  try {
    draw(parts.view);
  } catch (error) {
    put(
      parts.view,
      el(
        "p",
        {},
        sign("bad", "✗ This part cannot be shown: "),
        `what was computed is not in its form (${error.message}).`,
      ),
    );
  }
  if (parts.entry.open && app.route[0] === "entry") openEntry(parts.entry, Number(app.route[1]));
}

// Not before the whole file is there: what stands behind the programs is looked at too.
addEventListener("DOMContentLoaded", () => {
  start().catch(refuse);
});
