"""The commands of docs/operating.md, run as they stand on the page: by R15 and by the soak.

The page leaves open with what a copy is encrypted. Here it is openssl, to a certificate of this run: a copy that was
not encrypted could not be restored.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.tools.postgres import find_binaries

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"
BLOCK = re.compile(r"^```bash\n# ([^\n:]+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
NEEDS = "openssl"
CERTIFICATE = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=copies")
SEAL = "openssl cms -encrypt -binary -stream -outform DER -aes256 {folder}/certificate"
OPEN = "openssl cms -decrypt -binary -inform DER -inkey {folder}/key"


def commands() -> dict[str, str]:
    """What the page tells operators to run, by the name in the first line of each block."""
    return dict(BLOCK.findall(PAGE.read_text()))


@dataclass(frozen=True, kw_only=True)
class Place:
    """A site that is copied, or an empty one to which a copy is restored. address: of its PostgreSQL database."""

    data_dir: Path
    keys_dir: Path
    address: str | None

    @property
    def kind(self) -> str:
        """As the page calls it."""
        return "SQLite" if self.address is None else "PostgreSQL"


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Copies in a folder of their own, those of data and those of keys, and what opens them."""

    folder: Path

    def prepare(self) -> "Copies":
        """Make the folder, and a key that is not the site's."""
        self.folder.mkdir(mode=0o700)
        for name in ("data", "keys"):
            (self.folder / name).mkdir(mode=0o700)
        made = ["-keyout", str(self.folder / "key"), "-out", str(self.folder / "certificate")]
        subprocess.run([NEEDS, *CERTIFICATE, *made], check=True, capture_output=True)
        return self

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(one.stat().st_size for name in ("data", "keys") for one in (self.folder / name).iterdir())

    def take(self, site: Place) -> None:
        """Copy a site as it runs. Raises CalledProcessError with what was said."""
        seal = SEAL.format(folder=self.folder)
        folders = {"COPIES": str(self.folder / "data"), "COPIES_OF_KEYS": str(self.folder / "keys")}
        self._run(f"copy {site.kind}", site, folders | {"SEAL_DATA": seal, "SEAL_KEYS": seal})

    def restore(self, site: Place) -> None:
        """Bring the newest copy to an empty place. Raises CalledProcessError with what was said."""
        opens = OPEN.format(folder=self.folder)
        chosen = {
            "DATA_COPY": self._newest("data", "data-*"),
            "KEYS_COPY": self._newest("keys", "keys-*"),
            "FILES_COPY": self._newest("keys", "files-*"),
        }
        self._run(f"restore {site.kind}", site, chosen | {"OPEN_DATA": opens, "OPEN_KEYS": opens})

    def _newest(self, folder: str, pattern: str) -> str:
        return str(max((self.folder / folder).glob(pattern)))

    def _run(self, name: str, site: Place, told: Mapping[str, str]) -> None:
        own = {"PYTHON": sys.executable, "DATA_DIR": str(site.data_dir), "KEYS_DIR": str(site.keys_dir)}
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LMS_"))}
        environ = {**clean, **own, **told, **(self._service(site.address) if site.address else {})}
        subprocess.run(["bash", "-c", commands()[name]], env=environ, check=True, capture_output=True, text=True)

    def _service(self, address: str) -> dict[str, str]:
        """The files in which libpq looks for the database and its password, and where its programs are."""
        url, binaries = make_url(address), find_binaries()
        assert binaries is not None
        service, password = self.folder / "pg_service.conf", self.folder / "pgpass"
        service.write_text(f"[lms]\nhost={url.host}\nport={url.port}\ndbname={url.database}\nuser={url.username}\n")
        password.touch(mode=0o600)
        password.write_text(f"{url.host}:{url.port}:*:{url.username}:{url.password}\n")
        path = f"{binaries}{os.pathsep}{os.environ['PATH']}"
        return {"PGSERVICEFILE": str(service), "PGPASSFILE": str(password), "PATH": path}


def is_possible() -> bool:
    """Whether this machine has what encrypts."""
    return shutil.which(NEEDS) is not None
