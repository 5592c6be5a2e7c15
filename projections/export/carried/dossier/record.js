// The record as the verifier read it: entries with their times, people, patients, texts. Nothing else is ever shown.

/** Findings of level 1 that leave the signed bytes of an entry what they are: they are about what lies beside it. */
const BESIDE = new Set(["text", "blob", "checkpoint", "root", "copy"]);

/** Everything the page shows, from the verifier's report and the texts and files whose digests were checked here. */
async function recordOf(copy, report) {
  const bad = new Map();
  for (const one of report.findings) {
    if (one.position === null) continue;
    bad.set(one.position, [...(bad.get(one.position) ?? []), one]);
  }
  const notices = new Map();
  for (const one of report.notices) notices.set(one.position, [...(notices.get(one.position) ?? []), one]);
  let logMs = -Infinity;
  const entries = report.entries.map((one) => {
    const entry = entryOf(one, bad.get(one.position) ?? [], report.checked.includes("signatures"));
    if (entry.payload) {
      logMs =
        entry.kind.startsWith("log.clock/") && entry.body.reset ? entry.recordedMs : Math.max(logMs, entry.recordedMs);
    }
    entry.notices = notices.get(one.position) ?? [];
    return Object.assign(entry, { logMs: logMs === -Infinity ? 0 : logMs });
  });
  const genesis = entries[0]?.payload ? entries[0] : null;
  const record = {
    report,
    entries,
    genesis,
    size: entries.length,
    byId: new Map(entries.filter((one) => one.payload).map((one) => [one.id, one])),
    trial: genesis?.body.trial ?? "",
    site: genesis?.payload.site ?? "",
    purpose: genesis?.body.purpose ?? "",
    clock: clockOf(genesis?.body.zone ?? "UTC"),
    texts: await checkedTexts(copy.texts),
    pack: null,
    amended: new Map(),
    redacted: new Map(),
  };
  record.people = peopleOf(record);
  record.patients = [...new Set(entries.map((one) => one.patient).filter(Boolean))].sort();
  record.streams = new Map();
  for (const one of entries) {
    if (!one.shown) continue;
    record.streams.set(one.stream, [...(record.streams.get(one.stream) ?? []), one]);
    if (one.kind === "text.redacted/1") for (const name of one.body.commitments) record.redacted.set(name, one);
    const target = one.payload.corrects?.id ?? (one.kind === "entry.countersigned/1" ? one.body.target : null);
    if (target) record.amended.set(target, [...(record.amended.get(target) ?? []), one]);
  }
  record.pack = await packOf(record, copy.blobs);
  return record;
}

/** One entry, or the lost one that came back in it, `attested` by whoever signed it here. `shown` is true only when nothing of level 1 was found against it: else its content stays hidden. */
function entryOf(one, findings, checked) {
  const broken = findings.some((found) => found.level === "L1" && !BESIDE.has(found.code));
  const signers = one.signers.map(({ header, ok }) => ({ header, ok: checked ? ok === true : null }));
  const shown =
    !one.withheld && one.payload !== null && !broken && signers.length > 0 && signers.every(({ ok }) => ok !== false);
  const base = { position: one.position, leaf: one.leaf, withheld: one.withheld, findings, shown, payload: null };
  if (!shown) return { ...base, kind: "", stream: "", patient: null, id: "", body: {}, signers: [], attested: [] };
  const { payload, signers: by } = one.told ?? { payload: one.payload, signers },
    stream = payload.stream;
  return {
    ...base,
    payload,
    stream,
    signers: by,
    attested: one.told ? signers : [],
    kind: payload.kind,
    id: payload.id,
    body: payload.body,
    patient: stream.startsWith("patient/") ? stream.slice("patient/".length) : null,
    recordedMs: Date.parse(payload.recorded_at),
    occurred: payload.occurred,
    occurredMs: instant(payload.occurred, by[0].header.at),
  };
}

/** When a fact stands: its minute, or the end of its day at the offset of the first signature. */
const instant = (occurred, signedAt) =>
  occurred.precision === "minute"
    ? Date.parse(occurred.at)
    : Date.parse(`${occurred.at}T23:59:59.999${/Z$|[+-]\d\d:\d\d$/.exec(signedAt)[0]}`);

/** The texts whose salt and words give their commitment; one that does not is not shown anywhere. */
async function checkedTexts(lines) {
  const found = new Map();
  await Promise.all(
    lines.map(async ({ commitment, salt, text }) => {
      const words = new TextEncoder().encode(text),
        bytes = new Uint8Array(salt.length / 2 + words.length);
      for (let i = 0; i < salt.length / 2; i++) bytes[i] = parseInt(salt.slice(2 * i, 2 * i + 2), 16);
      bytes.set(words, salt.length / 2);
      if (salt.length === 64 && `sha256:${await sha256(bytes)}` === commitment) found.set(commitment, text);
    }),
  );
  return found;
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Who signed or was enrolled: printed name, organisation, roles, key and from which entry on. */
function peopleOf(record) {
  const people = new Map();
  const add = (id, name, organisation, roles, keyId, position) =>
    people.set(id, { id, name, organisation, roles, keyId, position, tasks: [] });
  for (const one of record.genesis?.body.registrars ?? []) {
    add(one.person, one.name, one.organisation, ["registrar"], one.key_id, 0);
  }
  for (const one of record.entries) {
    if (!one.shown) continue;
    const body = one.body;
    if (one.kind === "key.enrolled/1")
      add(body.person, body.name, body.organisation, body.roles, body.key_id, one.position);
    if (one.kind === "delegation.granted/1") people.get(body.person)?.tasks.push(one);
    for (const { header } of one.signers) {
      const card = header.signer;
      if (!people.has(card.id)) add(card.id, card.name, card.organisation, [card.role], header.kid, one.position);
    }
  }
  return people;
}

/** The parameters of the newest activated pack, read from its checked bytes: `value` of each [parameters.NAME]. */
async function packOf(record, blobs) {
  const activated = record.entries.filter((one) => one.shown && one.kind === "protocol.activated/1").at(-1);
  const bytes = activated ? blobs[activated.body.pack.digest] : undefined;
  if (!bytes || (await sha256(bytes)) !== activated.body.pack.digest) return null;
  const values = {},
    sections = new TextDecoder().decode(bytes).split(/^\[/m);
  for (const section of sections) {
    const found = /^parameters\.([a-z_0-9]+)\]\s*^value = (.+)$/m.exec(section);
    if (!found) continue;
    const text = found[2].replace(/([a-z_]+) = /g, '"$1": ');
    try {
      values[found[1]] = JSON.parse(text);
    } catch {
      /* a list over several lines, or dates: not needed here */
    }
  }
  return { ...activated.body.pack, entry: activated.position, fictional: activated.body.fictional, values };
}
