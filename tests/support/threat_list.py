"""The threats in the order of their list; what they are and who does them is shown to the user as it stands here."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import threats
from forging import with_signatures
from minting import key_of
from threats import NINA, SPOT, Threat, edit, entry, grown, header, left, signed_anew, sql, with_last, without_head

_X, _OTHER_X = (key_of(name).public.jwk()["x"].encode() for name in ("nina", "an intruder"))
_NAME, _BROKEN = b'"name":"Nina Nolte"', b'"name":"Nina\\nNolte"'

THREATS = (
    Threat("1", "a digit of a signed weight changed", "S D O", edit(SPOT, b'"73"', b'"37"')),
    Threat("1", "a number written in another form", "S D O", edit(SPOT, b'"73"', b'"73.0"')),
    Threat(
        "2",
        "an entry signed anew with the stolen key of its author; others signed after it",
        "O K",
        signed_anew(SPOT, b'"73"', b'"37"', "nina"),
    ),
    Threat(
        "2",
        "the newest entry signed anew with the stolen key of its author",
        "O K",
        signed_anew(-1, b'"76"', b'"67"', "nina"),
    ),
    Threat(
        "3",
        "a time changed in a column of the tables",
        "S D O",
        sql(f"UPDATE entries SET occurred_at = 0 WHERE leaf_index = {SPOT}"),
        file_only=True,
    ),
    Threat(
        "3",
        "a signer changed in the tables",
        "S D O",
        sql(f"UPDATE signers SET person = 'petra' WHERE leaf_index = {SPOT}"),
        file_only=True,
    ),
    Threat(
        "3",
        "a hash of the stored tree changed",
        "S D O",
        sql("UPDATE nodes SET hash = zeroblob(32) WHERE level = 1 AND idx = 4"),
        file_only=True,
    ),
    Threat("3", "a table put beside the others", "S D", sql("CREATE TABLE diary (day TEXT)"), file_only=True),
    Threat(
        "3",
        "bytes put behind the end of the database",
        "S D",
        lambda t: replace(t.record, behind=b"a letter"),
        file_only=True,
    ),
    Threat("3", "other words behind a text that was signed", "S D O", threats.other_words),
    Threat("3", "a text taken away", "S D O", lambda t: replace(t.record, texts={})),
    Threat("4", "an entry taken out of the middle", "S D O", lambda t: t.record.put(SPOT)),
    Threat("4", "two entries change places", "S D O", threats.swapped),
    Threat("4", "a checkpoint taken out of the middle", "S D O", without_head(lambda _: SPOT)),
    Threat("4", "the newest checkpoint taken away", "S D", without_head(lambda t: t.size)),
    Threat("5", "the newest entries cut off with all their traces", "S D O", left(until=SPOT)),
    Threat(
        "5",
        "entries cut off that came after the newest anchor",
        "S D O",
        left(until=SPOT),
        seen=threats.before_the_cut,
    ),
    Threat(
        "6",
        "an older backup put back, and work goes on with it",
        "S D O",
        partial(threats.anew, until=SPOT, kg="99.5"),
        sealed=True,
    ),
    Threat(
        "7",
        "every checkpoint signed anew with another log key",
        "O D",
        lambda t: replace(t.record, log_key=key_of("another log")),
        sealed=True,
    ),
    Threat(
        "8",
        "two histories: this reader is always shown the same one, a witness saw the other",
        "O P",
        partial(threats.anew, until=SPOT, kg="99.5"),
        sealed=True,
        seen=threats.at_the_branch,
    ),
    Threat("9", "the whole ledger invented anew with all keys", "O and all", threats.invented, sealed=True),
    Threat("10", "an entry of today about last week", "S K C", threats.backdated, sealed=True),
    Threat(
        "11",
        "a machine's clock put back by two hours",
        "C D",
        partial(threats.moved_clock, hours=-2),
        sealed=True,
    ),
    Threat(
        "11",
        "a machine's clock put forward by two days",
        "C D",
        partial(threats.moved_clock, hours=48),
        sealed=True,
    ),
    Threat("12", "an entry moved to another patient", "S O", edit(SPOT, b"patient/001-001", b"patient/001-002")),
    Threat(
        "12",
        "an entry of another ledger put at the end",
        "S O",
        with_last(lambda t: t.other.entries[-1]),
        sealed=True,
    ),
    Threat("13", "a copy of an entry put at the end", "S O", with_last(lambda t: t.record.entries[SPOT]), sealed=True),
    Threat("13", "a counter of a key used a second time", "S K", threats.reused_counter, sealed=True),
    Threat("14", "the second signature taken off", "S O", entry(NINA, lambda raw: with_signatures(raw, [(raw, 0)]))),
    Threat("14", "the signature of another entry put under it", "S O", threats.other_signature),
    Threat("15", "another public key put into an enrolment", "D O", edit(NINA, _X, _OTHER_X)),
    Threat(
        "15",
        "the same, and both registrars sign it anew",
        "D O",
        signed_anew(NINA, _X, _OTHER_X, "rita", "rolf"),
    ),
    Threat("16", "a weak key enrolled by both registrars", "K S", threats.weak, sealed=True),
    Threat("17", "an entry signed with a stolen key", "K", grown, sealed=True),
    Threat("20", "an entry that was signed and never appended", "O", threats.withheld_by_the_operator, sealed=True),
    Threat("22", "alg says none", "any", header(b'"alg":"Ed25519"', b'"alg":"none"')),
    Threat("22", "alg says HS256", "any", header(b'"alg":"Ed25519"', b'"alg":"HS256"')),
    Threat("22", "a key put into the header", "any", header(b'"kid":', b'"jwk":{},"kid":')),
    Threat(
        "22",
        "the payload is said not to be encoded",
        "any",
        header(b'"kid":', b'"b64":false,"crit":["b64"],"kid":'),
    ),
    Threat("22", "a member of the header twice", "any", header(b'"kid":', b'"alg":"Ed25519","kid":')),
    Threat("22", "a header beside the signatures", "any", entry(SPOT, threats.outer)),
    Threat("23", "the rules of the protocol changed under its name", "D P", threats.other_rules),
    Threat("23", "a file put beside the record that no entry names", "D P", threats.with_a_file),
    Threat(
        "24",
        "a weight changed in the sponsor's copy, and all of it made to fit",
        "P",
        edit(SPOT, b'"73"', b'"37"'),
    ),
    Threat(
        "25",
        "the newest entries cut off, which the witness had refused to cosign",
        "P O",
        left(until=SPOT),
        seen=threats.refused_to_cosign,
    ),
    Threat(
        "26",
        "an entry of a stolen key slipped in before its revocation",
        "O K",
        threats.before_the_revocation,
        sealed=True,
        seen=threats.seen_revoked,
    ),
    Threat(
        "28",
        "a line break in a printed name, signed by both registrars",
        "any",
        signed_anew(NINA, _NAME, _BROKEN, "rita", "rolf"),
    ),
    Threat("29", "a wrong weight, honestly signed", "S", partial(grown, kg="17"), sealed=True),
)

NO_BYTES = {
    "18": "a passphrase that is shared, a session left open: whoever signs is asked for the passphrase each time",
    "19": "a screen that shows another dose than is signed: a second signer on another machine sees the signed bytes",
    "21": "another verifier in the place of ours: the inspector brings his own, written from the specification",
    "27": "the end of Ed25519: a time stamp and a witness of another kind must have seen the head before",
}
"""The threats of the list that no change of bytes expresses, and what stands against them."""
