// About this file: what is in it, what was checked and what was not, and the programs that it carries.

function drawAbout(view) {
  const { record, about, state, copy } = app,
    { report, pack } = record,
    programs = app.programs;
  put(
    view,
    el("h2", {}, "About this file"),
    pairs([
      ["made by", about.made_by],
      ["scope", about.scope],
      ["ledger", hash(report.ledger ?? "")],
      ["origin", el("code", {}, report.origin ?? "")],
      ["entries", `${record.size}, of which ${record.entries.filter((one) => one.withheld).length} withheld`],
      ["texts", String(copy.texts.length)],
      ["checkpoints", String(copy.checkpoints.length)],
      ["as of", about.as_of],
      [
        "protocol pack",
        pack ? [`${pack.id} ${pack.version} `, entryLink(pack.entry), " ", hash(pack.digest)] : "none is activated",
      ],
      ["fictional values", pack?.fictional.length ? pack.fictional.join(", ") : null],
      ["computed state", `${state.by || "none"}, for ${plural(state.patients.size, "patient")}`],
    ]),
    el("h3", {}, "Checked in this page"),
    el("p", {}, report.checked.join(", ")),
    el("h3", {}, "Not checked in this page"),
    el(
      "ul",
      {},
      report.notChecked.map((one) => el("li", {}, one)),
    ),
    report.notices?.length
      ? [
          el("h3", {}, "Notices"),
          el("p", { class: "soft" }, "They change no verdict."),
          el(
            "ul",
            {},
            report.notices
              .slice(0, 50)
              .map((one) =>
                el("li", {}, one.position === null ? "" : [entryLink(one.position), " "], `${one.code}: ${one.why}`),
              ),
          ),
        ]
      : null,
    el("h3", {}, "The programs in this file"),
    el(
      "p",
      {},
      "Their SHA-256, to be compared with those that the makers of doseledger publish for this version. A changed program could print anything here; compare from outside.",
    ),
    pairs(programs.map(([name, digest]) => [name, hash(digest)])),
    el(
      "p",
      { class: "soft" },
      `Verified in ${app.ms} ms in this browser. No network was used: the page's own policy forbids it.`,
    ),
    el("h3", {}, "How to read this page"),
    el(
      "ul",
      {},
      el(
        "li",
        {},
        "“As known at” goes back in the log: the page shows what had been recorded by then, nothing later. Arrow keys move by one entry, Page Up and Page Down by a tenth.",
      ),
      el(
        "li",
        {},
        "“As it happened” orders by when things happened, “as recorded” by when they were written down. Entries recorded later than the protocol pack allows are flagged late.",
      ),
      el(
        "li",
        {},
        "A corrected entry stays, struck through, with the reason and a link to the entry that restates it; the other way too.",
      ),
      el("li", {}, "Printing prints the open view with the verdict and the root; the table of entries prints in full."),
    ),
  );
}
