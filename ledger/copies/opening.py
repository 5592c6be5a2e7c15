"""Opening a copy of any form: what must be unpacked goes into a private folder that ends with the copy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from os import PathLike, fspath
from pathlib import Path

from ledger.copies.bag import FolderFiles
from ledger.copies.copy import Copy
from ledger.copies.form import ENTRIES, INSIDE, form_of
from ledger.copies.lines import plain_file
from ledger.errors import Malformed, Unavailable


def open_copy(path: str | PathLike[str]) -> Copy:
    """The copy at `path`: a folder of lines, a bundle, a ZIP of one, a dossier, tiles, or an entries file.

    Raises Unavailable where none lies there, and Malformed for one that cannot be read. Nothing is compared yet.
    """
    name = fspath(path)
    form = form_of(name)
    place = Path(name)
    match form:
        case "folder":
            return Copy(name, form, _entries(place))
        case "bundle":
            return Copy(name, form, _entries(place / INSIDE), files=FolderFiles(place))
        case "lines":
            return Copy(name, form, place)
        case "archive":
            return _archive(name)
        case "dossier":
            return _dossier(name)
        case "tiles":
            return _tiles(name)
        case None:
            raise Unavailable(
                f"There is no copy of a ledger at {name}.",
                why="it is neither a folder with entries.jsonl, nor a bundle, a dossier, tiles or lines of entries",
                fix="Check the path; copies are made with `doseledger export`.",
            )


class PrivateFolder:
    """A folder that only this user can enter; it goes when it is closed, and with this process in any case."""

    def __init__(self) -> None:
        import shutil  # noqa: PLC0415 - these load only where something must be unpacked
        import tempfile  # noqa: PLC0415
        import weakref  # noqa: PLC0415

        try:
            self.path = Path(tempfile.mkdtemp(prefix="doseledger-"))
        except OSError as error:
            raise Unavailable(
                "There is no room to unpack the copy.", why=str(error), fix="Free some space, or set TMPDIR."
            ) from error
        self._remove = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def close(self) -> None:
        """Remove the folder and everything in it."""
        self._remove()


def _archive(name: str) -> Copy:
    from ledger.copies.archive import Archive  # noqa: PLC0415 - zipfile loads only for an archive

    packed = Archive(name)
    folder = PrivateFolder()

    def release() -> None:
        packed.close()
        folder.close()

    try:
        _writing(packed.unpack, folder.path)
        return Copy(name, "archive", _entries(folder.path), files=packed, release=release)
    except BaseException:
        release()
        raise


def _dossier(name: str) -> Copy:
    from ledger.copies.dossier import unpack  # noqa: PLC0415 - mmap and base64 load only for a dossier

    folder = PrivateFolder()
    try:
        about = unpack(name, folder.path)
        return Copy(name, "dossier", _entries(folder.path), about=about, release=folder.close)
    except BaseException:
        folder.close()
        raise


def _tiles(name: str) -> Copy:
    from ledger.copies import tiled  # noqa: PLC0415 - loads only for tiles

    folder = PrivateFolder()
    try:
        _writing(partial(tiled.unpack, Path(name)), folder.path)
        lines = _entries(folder.path)
        return Copy(name, "tiles", lines, beside=partial(tiled.flaws, Path(name), lines), release=folder.close)
    except BaseException:
        folder.close()
        raise


def _writing(unpack: Callable[[Path], object], folder: Path) -> None:
    try:
        unpack(folder)
    except OSError as error:
        raise Unavailable("The copy could not be unpacked.", why=str(error), fix="Free some space.") from error


def _entries(folder: Path) -> Path:
    place = folder / ENTRIES
    if not plain_file(place):
        raise Malformed(f"The copy has no {ENTRIES}.", why="the entries are the record; without them there is none")
    return place
