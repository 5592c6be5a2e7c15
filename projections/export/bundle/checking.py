"""09-verify: the verifiers that travel with the copy, how to use them and stock tools, and copies to try them on."""

from __future__ import annotations

from importlib.resources import files

from ledger.verify import Report
from projections.export.bundle import record, vectors
from projections.export.bundle.bag import Bag
from projections.export.bundle.scope import Scope
from projections.export.carried import verify
from projections.export.dossier import making

FOLDER = "09-verify"
VERIFIER, PAGE = "verify.py", "verify.html"


def write(scope: Scope, bag: Bag) -> None:
    """Write the verifier, the instructions, what they must print, and the test vectors."""
    bag.put(f"{FOLDER}/{VERIFIER}", files("projections.export.carried").joinpath(VERIFIER).read_bytes())
    bag.put(f"{FOLDER}/HOWTO.md", _howto(scope).encode())
    bag.put(f"{FOLDER}/expected-output.txt", _expected(bag).encode())
    vectors.write(bag)
    _page(scope, bag)


def _page(scope: Scope, bag: Bag) -> None:
    """Write the record as a page that verifies itself, unless it is so long that a browser would labour with it."""
    only = scope.patients[0] if len(scope.patients) == 1 else None
    if only is not None or scope.size <= making.LIMIT:
        place = bag.root / "data" / FOLDER / PAGE
        making.dossier(scope.ledger, place, software=scope.software, build=scope.build, size=scope.size, patient=only)
        bag.taken(f"{FOLDER}/{PAGE}")


def said(report: Report) -> tuple[str, ...]:
    """Give the findings and notices of a verification as lines."""
    found = (*report.findings, *report.notices)
    return tuple(
        f"{one.level} {f'#{one.position} ' if one.position is not None else ''}{one.code}: {one.why}" for one in found
    )


def _expected(bag: Bag) -> str:
    """Give what the verifier prints about the copy; about the whole bundle it prints the same."""
    found = verify.verify(str(bag.root / "data" / record.FOLDER), None, None, None)
    return f"{verify.told(found)}\n"


def _howto(scope: Scope) -> str:
    return _HOWTO.format(ledger=scope.ledger.id, root=scope.root, size=scope.size, log_key=record.log_key(scope))


_HOWTO = """# How to check this bundle

Each step stands alone; the first needs nothing but what every computer has. Run all commands in the folder of the
bundle, the one with `bagit.txt`.

## 1. The files are those of the manifests

    sha256sum -c manifest-sha256.txt
    sha256sum -c tagmanifest-sha256.txt

On Windows: `Get-FileHash -Algorithm SHA256 FILE` and compare with the line of the file. `bagit.py --validate .` does
the same.

## 2. The manifests are those that the ledger's device signed

    ssh-keygen -Y verify -f signatures/allowed_signers -I "$(cut -d ' ' -f 1 signatures/allowed_signers)" \\
      -n doseledger-bundle -s signatures/tagmanifest.sshsig < tagmanifest-sha256.txt

or

    openssl pkeyutl -verify -rawin -pubin -inkey signatures/export-key.pem \\
      -sigfile signatures/tagmanifest.sig -in tagmanifest-sha256.txt

The key is the device's; `data/01-ledger/keys.json` has it under `devices`, and the entry that enrolled it is in the
record. A key that came with the files proves only that they belong together. Where there is no folder `signatures`,
the device's key was not at hand when the copy was made; every entry is signed all the same.

## 3. The record

    python3 data/09-verify/verify.py .

needs Python 3 and nothing else; it judges every signature, the tree over all entries, every signed head, every text,
and who might sign what. Given from outside, from the paper in the trial master file, the ledger id and the log key
make the verdict more than "it agrees with itself":

    python3 data/09-verify/verify.py . --ledger {ledger} --log-key '{log_key}'

It must say {size} entries and the root

    {root}

`verify.html` is the same record as a page that verifies itself in a browser, without a network. A long record has none;
the program makes one for each patient from this bundle: `doseledger export dossier --ledger . --patient NUMBER`.

`expected-output.txt` is what the first of these commands printed when the bundle was made; this prints no difference:

    python3 data/09-verify/verify.py . | diff - data/09-verify/expected-output.txt

`test-vectors/` has a good small copy and changed ones, with what a verifier must say of each in `expected.json`.

## 4. With the program

    doseledger verify .
    doseledger inspect . status

works on this folder and on its ZIP, and judges the protocol's rules again; it writes nothing.

## 5. By hand

`data/01-ledger/FORMAT.md` is the whole specification: another verifier can be written from it.
"""
