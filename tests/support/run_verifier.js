// Runs the verifier that travels with a copy under Node: one JSON line of cases in, one JSON line of answers out.
"use strict";
const { readFileSync } = require("node:fs");
require(process.argv[2]);

const bytes = (text) => Uint8Array.from(Buffer.from(text, "base64"));

/** One case: the whole verification, or a helper with its arguments. */
async function answer({ copy, outside = {}, call, given = [], deaf = false, brief = false }) {
  if (deaf) Object.defineProperty(globalThis, "crypto", { value: undefined, configurable: true });
  try {
    if (call === "sha256") return doseledger.hex(doseledger.sha256(bytes(given[0])));
    if (call === "open") return doseledger.open(...given).payload;
    if (call === "openJws") return doseledger.parts.openJws(...given).signatures.length;
    if (call === "weakness") return doseledger.parts.weakness(...given);
    if (call === "made") return await doseledger.parts.made(given[0], given[1], Uint8Array.from(Buffer.from(given[2], "hex")));
    if (call === "note") return (await doseledger.parts.checkedNote(given[0], { ...given[1], supported: true })).root;
    if (call === "roots") return given[0].reduce((tree, leaf) => (tree.add(Uint8Array.from(Buffer.from(leaf, "hex"))), tree), doseledger.parts.newTree()).roots;
    if (call) return doseledger[call](...given);
    const blobs = Object.fromEntries(Object.entries(copy.blobs).map(([digest, data]) => [digest, bytes(data)]));
    const report = await doseledger.verify({ ...copy, blobs }, outside);
    return brief ? { verdict: report.verdict, findings: report.findings } : report;
  } catch (error) {
    return { error: String(error.message) };
  }
}

(async () => {
  const answers = [];
  for (const one of JSON.parse(readFileSync(0, "utf8"))) answers.push(await answer(one));
  process.stdout.write(JSON.stringify(answers));
})();
