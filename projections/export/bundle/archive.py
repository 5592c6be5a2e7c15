"""A folder as a ZIP whose bytes depend on nothing but the folder's: sorted names, one time, nothing compressed.

What a compressor gives differs between its versions; what is stored as it is also survives a damaged byte better.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP can state."""
_UNIX, _FILE = 3, 0o100644 << 16


def pack(folder: Path, target: Path, name: str) -> None:
    """Write every file below `folder` into the new ZIP `target`, all under the one folder `name`."""
    with ZipFile(target, "x", ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
            if path.is_file():
                info = ZipInfo(f"{name}/{path.relative_to(folder).as_posix()}", EPOCH)
                info.create_system, info.external_attr = _UNIX, _FILE
                info.file_size = path.stat().st_size
                with path.open("rb") as data, archive.open(info, "w") as out:
                    shutil.copyfileobj(data, out)
