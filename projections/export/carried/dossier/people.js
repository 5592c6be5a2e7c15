// The people: printed name, role, organisation, key, and what was delegated to them; as known at the chosen place.

function drawPeople(view) {
  const { record, size } = app;
  const rows = [...record.people.values()]
    .filter((one) => one.position < size)
    .map((one) => [
      [el("strong", {}, one.name), el("div", { class: "soft" }, one.id)],
      [one.roles.join(" + "), el("div", { class: "soft" }, one.organisation)],
      el("code", { class: "hash small" }, one.keyId),
      entryLink(one.position),
      one.tasks
        .filter((entry) => entry.position < size)
        .map((entry) =>
          el(
            "div",
            {},
            `${entry.body.tasks.join(", ")} `,
            el(
              "span",
              { class: "soft" },
              `${stated(entry.body.since)} to ${entry.body.until ? stated(entry.body.until) : "further notice"} `,
            ),
            entryLink(entry.position),
          ),
        ),
      el(
        "a",
        {
          href: "#entries",
          click: () => {
            Object.assign(filters, {
              text: "",
              kind: "",
              person: one.id,
              patient: "",
              from: "",
              to: "",
              only: "",
              page: 0,
            });
          },
        },
        "entries",
      ),
    ]);
  put(
    view,
    el("h2", {}, "People"),
    el(
      "p",
      { class: "soft" },
      "Everybody who was enrolled with a key of their own, or signed. The key's identifier is the RFC 7638 thumbprint; signatures name its first 8 characters.",
    ),
    table(
      "People and keys",
      [
        ["printed name", ""],
        ["role, organisation", ""],
        ["key", ""],
        ["enrolled", "no"],
        ["delegated", ""],
        ["signed", ""],
      ],
      rows,
      { class: "stacked" },
    ),
  );
}
