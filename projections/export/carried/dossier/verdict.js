// The verdict, first on the page: in words, with a sign, and then in colour; what it rests on, and what it cannot prove.

const GOOD = new Set(["self-consistent", "ok-unanchored", "ok"]);
const CODES = {
  bytes: "the bytes are not an entry in its one form",
  signature: "a signature does not fit the bytes",
  key: "no enrolled key made this signature",
  root: "the tree over the entries is not the one that was signed",
  "after-root": "the log before this entry is not the one its author saw",
  checkpoint: "a checkpoint is not signed by the log's key, or says another root",
  text: "a text is missing, or is not the one that was signed",
  blob: "a file (protocol pack, dictionary) is missing or is not the one that was signed",
  missing: "an entry is missing",
  copy: "the copy is not in its form, or says something else than its entries",
  fork: "another history than the one you hold",
};

/** Draw the verdict into its section; `differing` patients are those whose computed state the recount contradicts. */
function drawVerdict(node, report, foreign, differing) {
  const { record } = app;
  const kind =
    foreign.length || report.verdict === "failed" || report.verdict === "fork" || report.verdict === "stale"
      ? "bad"
      : GOOD.has(report.verdict)
        ? "good"
        : "open";
  const signatures = record.entries.reduce((sum, one) => sum + one.signers.length, 0);
  const withheld = record.entries.filter((one) => one.withheld).length;
  const said = {
    good: [
      "✓",
      "Unchanged since it was signed",
      `All ${plural(record.size - withheld, "entry", "entries")}, ${plural(signatures, "signature")} and ` +
        `${plural(record.texts.size, "text")} in this file agree with one another and with the log's own signed root.` +
        (withheld
          ? ` ${plural(withheld, "entry is", "entries are")} withheld: the hash stands in the tree, the content is not here. ` +
            "What is withheld nobody can tell from this file; a correction of what is shown may be among it."
          : ""),
    ],
    open: [
      "?",
      "Not checked",
      "This browser cannot check Ed25519 signatures, so nothing below is proven. Open the file in a current Firefox, " +
        "Chrome, Edge or Safari, or run: doseledger verify dossier.html",
    ],
    bad: ["✗", "Do not rely on this file", badWords(report, foreign)],
  }[kind];
  const box = el(
    "div",
    { class: `tile ${kind}`, role: "status" },
    el("span", { class: "mark", "aria-hidden": "true" }, said[0]),
    el(
      "div",
      {},
      el("h2", {}, said[1]),
      el("p", {}, said[2]),
      kind === "good"
        ? el(
            "p",
            { class: "soft" },
            "This is the file's own check. It becomes proof once the root below is the one that " +
              "reached you another way: on paper, or in an earlier checkpoint.",
          )
        : null,
      findingsList(report, foreign),
    ),
  );
  const computed = differing.length
    ? el(
        "p",
        { class: "tile bad slim" },
        sign("bad", "✗ computed state differs"),
        ` What doseledger computed for ${differing.join(", ")} is not what this page counts from the signed bytes. `,
        link(`patient=${differing[0]}`, "See where"),
      )
    : null;
  put(node, el("div", { class: "tiles" }, box, comparing(kind)), computed, identity(report), anchors(report), limits());
}

const FORMS = { paper: "printed on paper", timestamp: "stamped by", witness: "cosigned by" };

/** What the record says of heads that were shown outside; null where none was. The newest first. */
function anchors(report) {
  if (!report.anchors.length) return null;
  const one = ({ entry, form, size, authority, at, state, why }) =>
    el(
      "li",
      {},
      entryLink(entry),
      ` the first ${plural(size, "entry", "entries")}, ${FORMS[form]}${authority ? ` ${authority} at ${at}` : ""}: `,
      state === "unchecked" ? el("span", { class: "soft" }, why) : sign(state === "good" ? "good" : "bad", why),
    );
  return el(
    "details",
    { class: "limits", id: "anchors" },
    el("summary", {}, `Heads of this record that were shown outside it (${report.anchors.length})`),
    el(
      "p",
      {},
      "What somebody else saw cannot be written anew without him. Whether he is who the record says he is, this page cannot know: " +
        "compare his key, or the paper, with what reached you another way.",
    ),
    el("ul", {}, ...[...report.anchors].reverse().map(one)),
  );
}

function badWords(report, foreign) {
  if (foreign.length)
    return `Something was put into this page that is not part of a dossier, and was removed: ${foreign.join(", ")}.`;
  const first = report.firstBad ?? report.findings[0];
  const where = first && first.position !== null ? `entry #${first.position}: ` : "";
  return first
    ? `First fault: ${where}${CODES[first.code] ?? first.why}. What cannot be trusted is not shown below.`
    : "It does not verify.";
}

/** The faults, one line for each kind of fault: the first of it, and how many there are. */
function findingsList(report, foreign) {
  const kinds = new Map();
  for (const one of report.findings) kinds.set(one.code, [...(kinds.get(one.code) ?? []), one]);
  if (!kinds.size || foreign.length) return null;
  return el(
    "ul",
    { class: "faults" },
    [...kinds]
      .slice(0, 8)
      .map(([code, [one, ...more]]) =>
        el(
          "li",
          {},
          one.position === null ? null : [entryLink(one.position), " "],
          el("strong", {}, code),
          ` ${one.why}`,
          more.length ? el("span", { class: "soft" }, `; ${plural(more.length, "more", "more")} of this kind`) : null,
        ),
      ),
  );
}

/** The box in which somebody pastes what he holds on paper: a root, the ledger id, the log's key, or a checkpoint. */
function comparing(kind) {
  const answer = el("p", { class: "answer", role: "status" }, "Not compared with anything outside this file yet.");
  const field = el("textarea", {
    id: "held",
    rows: 2,
    spellcheck: "false",
    autocomplete: "off",
    placeholder: "64 hexadecimal digits, or the lines of a signed checkpoint",
  });
  const box = el(
    "form",
    {
      class: "tile ask",
      submit: async (event) => {
        event.preventDefault();
        const [good, words] = await compared(field.value);
        box.className = `tile ask ${good === null ? "" : good && kind === "good" ? "good" : "bad"}`;
        put(answer, good === null ? "" : sign(good ? "good" : "bad", good ? "✓ " : "✗ "), words);
      },
    },
    el("label", { for: "held" }, "Paste the root or checkpoint you hold"),
    field,
    el("div", { class: "row" }, el("button", { type: "submit" }, "Compare"), answer),
  );
  return box;
}

/** Whether what somebody holds is this record: [true, false or null, words]. */
async function compared(text) {
  const { report } = app.record,
    held = text.trim();
  const hex = held.replace(/[\s:.-]/g, "").toLowerCase();
  if (!held) return [null, "Nothing was pasted."];
  const typed = held.toLowerCase().replace(/\*\s*[0-9a-f]{2}/g, " ").trim().split(/[\s-]+/);
  if (/^[0-9]{1,16}$/.test(typed[0]) && /^[0-9a-f]{64}$/.test(typed.slice(1).join("")))
    return comparedPaper(Number(typed[0]), typed.slice(1).join(""));
  if (/^doseledger\//.test(held) && held.includes("\n")) return comparedNote(`${held.replace(/\r/g, "")}\n`);
  if (/^doseledger\/\S+\+[0-9a-f]{8}\+\S+$/.test(held))
    return held === report.logKey
      ? [true, "This is the key of the log that signed this record."]
      : [false, "This is the key of ANOTHER log."];
  if (/^[A-Za-z0-9+/]{43}=$/.test(held))
    return comparedHex(Array.from(atob(held), (c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join(""));
  if (/^[0-9a-f]{16,64}$/.test(hex)) return comparedHex(hex);
  return [null, "This is neither a root (at least 16 hexadecimal digits), nor a log key, nor a checkpoint."];
}

/** A head as it is printed: the number of entries, then the root; the check codes were left out. */
function comparedPaper(size, root) {
  const { report } = app.record;
  const here = size === report.size ? [size, report.root] : rootsBySize().find(([one]) => one === size);
  if (size > report.size)
    return [false, `The paper is of ${size} entries, more than the ${report.size} here: this copy is OLDER, or was cut.`];
  if (!here) return [null, `No head of ${size} entries was signed: look at the number on the paper again.`];
  return here[1] === root
    ? [true, `Same record: its first ${size} entries are the ones on the paper; ${report.size - size} were added since.`]
    : [false, `NOT this record: the first ${size} entries here have another root. Or a digit is mistyped.`];
}

function comparedHex(hex) {
  const { report } = app.record,
    part = hex.length < 64 ? ` (the ${hex.length} digits given; more say more)` : "";
  if (report.root.startsWith(hex))
    return [true, `Same root: this is the record that you hold, all ${report.size} entries of it${part}.`];
  if (report.ledger.startsWith(hex))
    return [
      true,
      `Same ledger id: this record began as the one that you hold${part}. Compare a root too: the id says nothing of later entries.`,
    ];
  const older = rootsBySize().find(([, root]) => root.startsWith(hex));
  if (older)
    return [
      true,
      `Same record, seen earlier: its first ${older[0]} entries are the ones that you hold${part}; ${report.size - older[0]} were added since.`,
    ];
  return [
    false,
    "NOT this record: no root of this log, at any signed size, and not its id. Either this file or what you hold is another history.",
  ];
}

async function comparedNote(note) {
  const again = await doseledger.verify(app.copy, { trusted: note });
  const size = Number(note.split("\n")[1]);
  if (again.verdict === "ok")
    return [
      true,
      `The checkpoint is signed by this log, and its ${size} entries are the first ${size} of the ${again.size} here.`,
    ];
  if (again.verdict === "stale")
    return [
      false,
      `The checkpoint saw ${size} entries, more than the ${again.size} here: this copy is OLDER than what you hold, or was cut.`,
    ];
  if (again.verdict === "fork")
    return [false, "NOT this record: the checkpoint is of another history, or not signed by this log's key."];
  return [false, `This file does not verify (${again.verdict}).`];
}

/** The sizes and roots that the log signed, as hexadecimal. */
function rootsBySize() {
  return app.copy.checkpoints.map(({ size, note }) => [
    size,
    Array.from(atob(note.split("\n")[2] ?? ""), (c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join(""),
  ]);
}

/** Root, ledger id and key, large enough to be compared with paper by two people. */
function identity(report) {
  const one = (name, value, why) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value, el("span", { class: "soft" }, why)));
  return el(
    "dl",
    { class: "identity" },
    one("Root", hash(report.root ?? ""), `over all ${report.size} entries`),
    one("Ledger id", hash(report.ledger ?? ""), "printed in the trial master file when the ledger was made"),
    one("Log key", el("code", { class: "hash key" }, report.logKey ?? ""), "signs each root"),
  );
}

function limits() {
  return el(
    "details",
    { class: "limits" },
    el("summary", {}, "What this check can and cannot prove"),
    el(
      "div",
      {},
      el(
        "p",
        {},
        "This page checked the signed bytes inside this file with the program inside this file, and shows nothing else. " +
          "That proves that the file agrees with itself: nobody changed an entry, a signature, a text or their order without the keys.",
      ),
      el(
        "p",
        {},
        "It cannot prove that this is the record that the site keeps, that the newest entries were not cut off, or that the program in this file is " +
          "the true one. For that, compare the root or a checkpoint with something that came to you another way: the paper in the trial " +
          "master file, an earlier checkpoint, the sponsor's copy. Or check the file with a program that you already have:",
      ),
      el("pre", {}, "doseledger verify dossier.html --ledger ID-FROM-THE-PAPER\npython3 verify.py dossier.html"),
      el(
        "p",
        {},
        "The state of each patient (step, doses counted, doses remaining) is computed by doseledger and labelled so. " +
          "Doses, tolerance and the limits of the protocol are counted again by this page from the signed bytes; a difference is shown in red. " +
          "To have all of it computed again, make a dossier of this dossier: the two files are the same, byte for byte.",
      ),
      el("pre", {}, "doseledger inspect dossier.html export dossier --out again.html"),
    ),
  );
}
