"""What every test may ask for: the repository, golden pages, and its share of the soak time."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Path(__file__).resolve().parent.parent
MARKER_ID = re.compile(r"[A-Z]+[A-Z0-9]*([-. ()][A-Za-z0-9()]+)*\Z")

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "soak", max_examples=2000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update, which rewrites golden files and generated pages instead of comparing them."""
    parser.addoption("--update", action="store_true", help="rewrite golden files; the reviewer reads the diff")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a rule or req marker that names nothing, and count the soak tests that share the time."""
    for item in items:
        for marker in (*item.iter_markers("rule"), *item.iter_markers("req")):
            if not marker.args or not all(isinstance(arg, str) and MARKER_ID.match(arg) for arg in marker.args):
                message = f"{item.nodeid}: @pytest.mark.{marker.name}{marker.args} names no id"
                raise pytest.UsageError(message)
    config.stash[SOAKING] = sum("soak_seconds" in getattr(item, "fixturenames", ()) for item in items)


SOAKING = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root folder of the repository under test."""
    return REPOSITORY


@pytest.fixture
def soak_seconds(request: pytest.FixtureRequest) -> float:
    """This test's share, in seconds, of SOAK_SECONDS (120 in all): loop until it is used up, then assert."""
    return float(os.environ.get("SOAK_SECONDS", "120")) / max(1, request.config.stash[SOAKING])


@pytest.fixture(params=["file", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a ledger can be made: a path, and in a second run of the test a URL."""
    if request.param == "file":
        return str(tmp_path / "trial.ledger")
    import server

    return server.place()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a committed file; with --update, write the file instead."""

    def compare(path: Path, actual: str) -> None:
        if request.config.getoption("--update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        assert expected == actual, f"{path.name} is stale; look at the difference, then run pytest with --update"

    return compare
