"""LibreOffice as a judge: what it makes of a file, and what of that is a formula."""

import os
import re
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.conftest import need

UTF_8 = "76"
CSV_IN = f"Text - txt - csv (StarCalc):44,34,{UTF_8},1,,0,false,true,false,false,false,-1,true"
"""As CSV_OUT; at the end: every sheet, and formulas calculated rather than shown."""

CSV_OUT = f"csv:Text - txt - csv (StarCalc):44,34,{UTF_8},1,,0,false,true,false"
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"""

Convert = Callable[..., list[Path]]


@pytest.fixture(scope="module")
def convert(tmp_path_factory: pytest.TempPathFactory) -> Convert:
    """Have LibreOffice open files of one kind and save each as another."""
    need("soffice")
    home = tmp_path_factory.mktemp("office")
    (home / "profile" / "user").mkdir(parents=True)
    (home / "profile" / "user" / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)

    def run(sources: Sequence[Path], kind: str, *more: str) -> list[Path]:
        into = sources[0].parent / "converted"
        office = ["soffice", f"-env:UserInstallation=file://{home}/profile", "--headless", "--norestore", *more]
        command = [*office, "--convert-to", kind, "--outdir", str(into), *map(str, sources)]
        environ = {**os.environ, "HOME": str(home)}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)
        converted = [into / f"{source.stem}.{kind.partition(':')[0]}" for source in sources]
        assert all(path.exists() for path in converted), f"{done.stdout}{done.stderr}"
        return converted

    return run


def sheets_of(workbook: Path) -> list[str]:
    """The XML of each sheet."""
    with zipfile.ZipFile(workbook) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        return [archive.read(name).decode() for name in names]


def formulas(workbook: Path) -> list[str]:
    """What LibreOffice would calculate."""
    return [found for sheet in sheets_of(workbook) for found in re.findall(r"<f[ >/].*?</c>", sheet)]


def is_right_to_left(sheet: str) -> bool:
    """Whether columns of a sheet run from the right."""
    return re.search('rightToLeft="(1|true)"', sheet) is not None
