"""A ledger put back, forked, replaced or damaged, on a machine that has seen it before; and the memory attacked."""

from __future__ import annotations

import multiprocessing
import shutil
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from acts import PATIENT, Ward, founded
from minting import Site
from tampering import reversed_bytes, tampering

from commands.cli import lastseen
from commands.cli.pinned import pinned
from ledger.anchors import Fork, LastSeen, check_fork, parse_fork
from ledger.book import Ledger
from ledger.errors import IntegrityFailure, Malformed
from ledger.merkle.checkpoint import parse
from projections.export import jsonl

SAYS = {
    "stale": "this ledger is older than what was seen",
    "fork": "this is another history",
}
"""What a reader is told."""


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One ledger at four times: as a backup, as it went on, and two ways in which the backup went on elsewhere."""
    folder = tmp_path_factory.mktemp("histories")
    found = {"backup": founded(folder / "backup.ledger")}
    for name, weights in (("on", ("70kg", "71kg")), ("other", ("90kg", "91kg")), ("longer", ("90kg", "91kg", "92kg"))):
        found[name] = folder / f"{name}.ledger"
        with closing(Ward.copy(found["backup"], found[name])) as ward:
            for weight in weights:
                ward.do("crc.1", "patient measure", patient=PATIENT, weight=weight)
    found["another"] = folder / "another.ledger"
    Site(found["another"], seed="another").book.close()
    return found


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of whoever works here; nothing is in it."""
    monkeypatch.setenv("DOSELEDGER_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def place(histories: dict[str, Path], tmp_path: Path, state: Path) -> Path:
    """Where the ledger lies; its head of today was seen."""
    path = tmp_path / "trial.ledger"
    put(histories["on"], path)
    read(path)
    return path


def put(history: Path, path: Path) -> None:
    """Put a file in the place of the ledger."""
    shutil.copyfile(history, path)


def read(path: Path) -> None:
    """Open the ledger as a command does that reads."""
    with Ledger.open(path, read_only=True) as ledger:
        lastseen.on_read(ledger)


def write(path: Path) -> None:
    """Open the ledger as a command does that writes."""
    with Ledger.open(path, read_only=True) as ledger, lastseen.on_write(ledger):
        pass


def note(path: Path, state: Path) -> bytes | None:
    """What is kept of the ledger at a path."""
    with Ledger.open(path, read_only=True) as ledger:
        return LastSeen(state / "last-seen", ledger.id, "main").note()


def incidents(path: Path, state: Path) -> list[Path]:
    """The incidents that are kept."""
    with Ledger.open(path, read_only=True) as ledger:
        return list(LastSeen(state / "last-seen", ledger.id, "main").incidents())


def size(path: Path) -> int:
    """How many entries a file has."""
    with Ledger.open(path, read_only=True) as ledger:
        return ledger.size


def test_first_contact_is_said_once(histories, tmp_path, state, capsys) -> None:
    """Whoever meets a ledger for the first time must know that only the paper vouches for it."""
    put(histories["on"], tmp_path / "trial.ledger")
    read(tmp_path / "trial.ledger")
    assert "first contact" in capsys.readouterr().err
    read(tmp_path / "trial.ledger")
    write(tmp_path / "trial.ledger")
    assert "" == capsys.readouterr().err
    assert size(histories["on"]) == parse(note(tmp_path / "trial.ledger", state) or b"")[0].size


def test_what_is_kept_goes_forward_with_the_ledger(histories, tmp_path, state, capsys) -> None:
    """A memory that stands still would let everything after it be cut off."""
    path = tmp_path / "trial.ledger"
    put(histories["backup"], path)
    read(path)
    put(histories["on"], path)
    capsys.readouterr()
    read(path)
    assert "" == capsys.readouterr().err
    assert size(path) == parse(note(path, state) or b"")[0].size
    kept = next(state.rglob("main.note"))
    assert 0o600 == kept.stat().st_mode & 0o777
    assert 0o700 == kept.parent.stat().st_mode & 0o777


@pytest.mark.parametrize(
    ("history", "verdict"),
    [("backup", "stale"), ("other", "fork"), ("longer", "fork")],
)
def test_a_file_that_was_put_back_is_read_with_a_warning_and_not_written(
    histories, place, capsys, history, verdict
) -> None:
    """An older backup hides the last dose: the next nurse would give it a second time, and sign."""
    state, says = place.parent / "state", SAYS[verdict]
    before = note(place, state)
    put(histories[history], place)
    capsys.readouterr()
    read(place)
    read(place)
    assert says in capsys.readouterr().err
    with pytest.raises(IntegrityFailure, match=says) as caught:
        write(place)
    assert 8 == caught.value.exit_code
    (incident,) = incidents(place, state)
    assert str(incident) in caught.value.fix
    assert f"main.{verdict}-" in incident.name
    assert before == note(place, state)


@pytest.mark.parametrize("history", ["other", "longer"])
def test_the_incident_of_a_fork_convinces_anybody(histories, place, state, history) -> None:
    """A site that says the log was forked, and cannot show it, is not believed."""
    put(histories[history], place)
    read(place)
    (incident,) = incidents(place, state)
    with Ledger.open(place, read_only=True) as ledger:
        opened = lastseen.opener_of(ledger)
        older, newer = check_fork(parse_fork(incident.read_bytes()), opened)
    assert size(histories["on"]) == older.size
    assert size(histories[history]) == newer.size


def test_a_proof_of_a_fork_that_is_changed_proves_nothing(histories, place, state) -> None:
    """A forged proof would let somebody accuse an honest site."""
    with Ledger.open(place, read_only=True) as ledger:
        honest = ledger.checkpoint_at(ledger.size - 1).decode(), ledger.checkpoint().decode()
        roots = ledger.root_at(ledger.size - 1).hex(), ledger.root().hex()
        path = tuple(one.hex() for one in ledger.prove_consistency(ledger.size - 1))
        opened = lastseen.opener_of(ledger)
    put(histories["longer"], place)
    read(place)
    real = parse_fork(incidents(place, state)[0].read_bytes())
    changed = (
        Fork(older=honest[0], newer=honest[1], root=roots[0], proof=path),
        Fork(older=honest[1], newer=honest[1], root=roots[1], proof=()),
        Fork(older=honest[1], newer=honest[0], root=roots[0], proof=path),
        msgspec.structs.replace(real, root=roots[1]),
        msgspec.structs.replace(real, root="0" * 64),
        msgspec.structs.replace(real, proof=real.proof[:-1]),
        msgspec.structs.replace(real, newer=real.newer.replace("\n38\n", "\n39\n") + "x"),
    )
    for one in changed:
        with pytest.raises(IntegrityFailure):
            check_fork(one, opened)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format":"doseledger-fork/2"}', b"\xff", b"{" * 5000])
def test_what_is_no_proof_of_a_fork_is_malformed(data) -> None:
    """A file from outside that crashes the program would stop the inspection that was to read it."""
    with pytest.raises(Malformed):
        parse_fork(data)


def test_another_ledger_at_the_same_place_is_named(histories, place, capsys) -> None:
    """A whole record invented anew has another id; whoever does not look at it would sign into the wrong one."""
    state = place.parent / "state"
    put(histories["another"], place)
    capsys.readouterr()
    for _ in range(2):
        read(place)
        said = capsys.readouterr().err
        assert "another ledger was seen at this place before" in said
        assert "first contact" in said
    found = lastseen.before_verify(str(place), None)
    assert found is not None
    lastseen.after_verify(found, str(place), good=True, compared=False)
    with pytest.raises(IntegrityFailure, match="another ledger was seen") as caught:
        write(place)
    (folder,) = (state / "last-seen").iterdir()
    assert caught.value.fix.endswith(str(folder))
    shutil.rmtree(folder)
    write(place)
    assert size(place) == parse(note(place, state) or b"")[0].size


@pytest.mark.parametrize("damage", [b"", b"nothing", b"\n" * 300_000])
def test_a_damaged_memory_is_never_taken_for_a_good_one(place, state, capsys, damage) -> None:
    """Whoever damages the memory would otherwise be free to put an older file back."""
    kept = next(state.rglob("main.note"))
    kept.write_bytes(damage)
    capsys.readouterr()
    read(place)
    assert "cannot be read" in capsys.readouterr().err
    with pytest.raises(IntegrityFailure, match="cannot be read") as caught:
        write(place)
    assert str(kept) in caught.value.fix
    assert damage == kept.read_bytes()


def test_a_head_that_another_key_signed_is_not_kept(place, state, capsys) -> None:
    """A head that anybody can write would make the honest ledger look like a fork for ever after."""
    before = note(place, state)
    with tampering(place) as connection:
        reversed_bytes(connection, "checkpoints", "note", "size = (SELECT max(size) FROM checkpoints)")
    capsys.readouterr()
    read(place)
    assert "does not hold" in capsys.readouterr().err
    with pytest.raises(IntegrityFailure, match="does not hold"):
        write(place)
    assert before == note(place, state)


def test_a_state_folder_that_cannot_be_written_stops_no_reader(histories, tmp_path, monkeypatch, capsys) -> None:
    """A monitor with a full or read-only disk still has to see the doses; only a writer is told."""
    (tmp_path / "state").write_text("a file where the folder should be")
    monkeypatch.setenv("DOSELEDGER_STATE", str(tmp_path / "state"))
    read(histories["on"])
    assert "" == capsys.readouterr().err
    write(histories["on"])
    assert "cannot be kept" in capsys.readouterr().err


def test_a_copy_and_an_inspection_leave_no_trace(histories, tmp_path, state) -> None:
    """An inspector who opens an old copy must not make the ledger of the site look forked, nor be stopped by it."""
    with Ledger.open(histories["on"], read_only=True) as ledger:
        jsonl.directory(ledger, tmp_path / "copy")
    read(tmp_path / "copy")
    with pinned(str(histories["on"])):
        read(histories["on"])
    assert not state.exists()


def advance(folder: str, sizes: list[int], path: str) -> None:
    """Keep the heads of some sizes, as one of two programs of the same user does."""
    with Ledger.open(path, read_only=True) as ledger:
        kept = LastSeen(Path(folder), ledger.id, "main")
        for one in sizes:
            kept.keep(ledger.checkpoint_at(one))


def test_two_programs_at_once_never_go_back(histories, tmp_path, state) -> None:
    """Two windows of one nurse: the slower one must not put the older head over the newer one."""
    newest = size(histories["on"])
    with Ledger.open(histories["on"], read_only=True) as ledger:
        sizes = [one for one, _ in ledger.checkpoints(newest)]
    context = multiprocessing.get_context("spawn")
    both = [
        context.Process(target=advance, args=(str(state), order, str(histories["on"])))
        for order in (sizes, sizes[::-1])
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [0, 0] == [one.exitcode for one in both]
    with Ledger.open(histories["on"], read_only=True) as ledger:
        kept = LastSeen(state, ledger.id, "main")
        assert ledger.checkpoint() == kept.note()
        assert not kept.keep(ledger.checkpoint_at(sizes[0]))
    assert [] == list(state.rglob("*.new"))


@pytest.fixture(autouse=True)
def _no_ledger_of_the_tester(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOSELEDGER_LEDGER", raising=False)
