"""What a signature says: the sentence shown to the signer, constant per code, language and version.

The sentence is part of the signed bytes (21 CFR 11.50(a)(3)). A changed sentence is a new version beside
the old one, so that what somebody read when he signed can always be compared with what it must have been.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ledger.errors import BadInput
from ledger.wire import Meaning

_ENGLISH_1: dict[Meaning, str] = {
    "authorship": "I wrote this entry, and it is complete and correct to the best of my knowledge.",
    "performed": "I performed this act myself at the stated time.",
    "transcribed": "I copied this entry from the stated source and did not perform the act myself.",
    "verified": "I checked this myself, independently of the person who did it, and found it correct.",
    "dispensed": "I dispensed this product as stated.",
    "assessed": "I assessed this, and the judgement stated is my own.",
    "approved": "I approve this.",
    "acknowledged": "I have been told of this and take note of it.",
    "reviewed": "I have reviewed this; my review is not an approval.",
    "responsibility": "I take responsibility for what is stated here.",
    "locked": "I lock this against further change.",
    "unlocked": "I unlock this for the stated reason.",
    "attested-copy": "I compared this copy with the original and attest that it is complete and the same.",
    "possession": "I hold the private key that belongs to this public key, and nobody else does.",
    "system": "This entry was made by the device, not by a person.",
}

TEXTS: Mapping[tuple[str, str, int], str] = MappingProxyType(
    {(code, "en", 1): sentence for code, sentence in _ENGLISH_1.items()}
)
"""(code, language, version) to the sentence; all that a header may carry."""


def text(code: Meaning, lang: str = "en", version: int = 1) -> str:
    """The sentence to show and to sign; raises BadInput where that language or version does not exist."""
    sentence = TEXTS.get((code, lang, version))
    if sentence is None:
        raise BadInput(
            f"There is no text for a signature that means '{code}' in language '{lang}', version {version}.",
            fix="Sign in English, version 1.",
        )
    return sentence
