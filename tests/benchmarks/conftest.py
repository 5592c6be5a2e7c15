"""What the benchmarks share: the board of figures, and the ledgers they measure, each built once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from homes import Home, homes
from measuring import Board
from sites import Template, copied, template


@pytest.fixture(scope="session")
def board(repository: Path) -> Iterator[Board]:
    """The figures of this run; printed together at its end, and written to .benchmarks/speed.json."""
    board = Board()
    yield board
    board.close(repository / ".benchmarks" / "speed.json")


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A state folder of this run: the ledgers of every run have the same id, and another history."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOSELEDGER_STATE", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session", params=["file", "server"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Where the ledgers and the rivals of a measurement lie: in files, then on a server."""
    yield from homes(request.param, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The hundred entries of one patient."""
    return template(tmp_path_factory.mktemp("template") / "template.ledger")


@pytest.fixture(scope="session")
def acted(tmp_path_factory: pytest.TempPathFactory, course: Template) -> Path:
    """A ledger of 30 patients as acts write it: one checkpoint for every entry; closed."""
    return copied(course, tmp_path_factory.mktemp("acted") / "acted.ledger", patients=30, at_once=1)


@pytest.fixture(scope="session")
def site_of(tmp_path_factory: pytest.TempPathFactory, course: Template) -> Callable[[int], Path]:
    """The ledger of a site with about so many entries, 100 per patient, closed; built when first asked for."""
    folder = tmp_path_factory.mktemp("sites")
    built: dict[int, Path] = {}

    def of(entries: int) -> Path:
        if entries not in built:
            built[entries] = copied(course, folder / f"{entries}.ledger", patients=entries // 100)
        return built[entries]

    return of
