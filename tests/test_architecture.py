"""What holds for the whole: who imports whom, who commits, who may open what, what the source may not contain."""

import io
import re
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Blueprint, Flask

import lms.app
from lms.__main__ import lms as command_line
from lms.app import create_app
from lms.audit.dictionary import check_dictionary
from lms.kernel.db import Base
from lms.kernel.errors import Misconfigured
from tests.conftest import settings_for

ROOT = Path(__file__).parents[1]
URLS = Path(__file__).with_name("urls.txt")
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
MOST_SILENCED_PER_LINES = 2_000
CONTRACTS = (
    "Packages form one staircase",
    "Inside a package, imports point down",
    "Rules are plain Python",
    "Views are entered only through the application factory",
)
# Written in two parts, so that this file does not contain what it looks for.
FORBIDDEN = {
    "a folder beside the clone": re.compile(r"(?<![\w-])sha" + r"red/"),
    "a path of one machine": re.compile(r"(?<![\w.<>*}])/(?:work|root|Users/\w+|home/[a-z]\w*)" + r"/[\w.]"),
    "a package registry": re.compile(r"(?:registry\.npm" + r"js|files\.python" + r"hosted|pypi)\.org"),
}
CITED_DOCUMENT = re.compile(r"\bdocs/[\w./-]*\w")


def source_files(*folders: str, endings: tuple[str, ...] = (".py",)) -> list[Path]:
    """The files below some folders, without what was made from them."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.suffix in endings]
    return [path for path in found if "dist" not in path.parts and "__pycache__" not in path.parts]


def lint_imports(tree: Path) -> str:
    """What import-linter says about the package in a folder."""
    done = subprocess.run([LINT_IMPORTS, "--no-cache"], cwd=tree, capture_output=True, text=True)
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


def state_of_contracts(told: str) -> dict[str, str]:
    return {name: state for name, state in re.findall(r"^(.*) (KEPT|BROKEN)\b", told, re.M) if name in CONTRACTS}


def test_the_import_contracts_hold():
    assert state_of_contracts(lint_imports(ROOT)) == dict.fromkeys(CONTRACTS, "KEPT")


@pytest.mark.parametrize(
    ("contract", "file", "planted"),
    [
        (CONTRACTS[0], "lms/kernel/ids.py", "import lms.web.http"),
        (CONTRACTS[1], "lms/accounts/models.py", "import lms.accounts.services"),
        (CONTRACTS[2], "lms/cohorts/rules/opening.py", "import sqlalchemy"),
        (CONTRACTS[3], "lms/home/demo.py", "import lms.accounts.views"),
    ],
)
def test_each_import_contract_breaks_when_one_import_violates_it(tmp_path, contract, file, planted):
    shutil.copytree(ROOT / "lms", tmp_path / "lms", ignore=shutil.ignore_patterns("__pycache__", "static", "templates"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a") as source:
        source.write(f"\n{planted}\n")

    told = lint_imports(tmp_path)

    assert state_of_contracts(told)[contract] == "BROKEN", told


def test_only_one_module_commits_or_rolls_back():
    ends_a_transaction = re.compile(r"\.(?:commit|rollback)\(")

    found = {
        path.relative_to(ROOT).as_posix() for path in source_files("lms") if ends_a_transaction.search(path.read_text())
    }

    assert found == {"lms/kernel/db.py"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application as it starts, without a database in it."""
    return create_app(settings_for(tmp_path_factory.mktemp("whole")))


def test_every_route_says_who_may_use_it(whole):
    undeclared = [
        f"{rule.endpoint} {rule.rule}"
        for rule in whole.url_map.iter_rules()
        if not hasattr(whole.view_functions[rule.endpoint], "permission")
    ]

    assert undeclared == []


def test_a_route_that_does_not_say_who_may_use_it_stops_the_start(tmp_path, monkeypatch):
    planted = Blueprint("planted", __name__)
    planted.add_url_rule("/planted", "page", lambda: "open to everybody")
    monkeypatch.setattr(lms.app, "BLUEPRINTS", (*lms.app.BLUEPRINTS, planted))

    with pytest.raises(Misconfigured, match=r"planted\.page says neither @allow nor @public"):
        create_app(settings_for(tmp_path))


def addresses(app: Flask) -> list[str]:
    """What `lms routes` prints."""
    done = CliRunner().invoke(command_line, ["routes"], obj=lambda: app, catch_exceptions=False)
    return done.output.splitlines()


def test_no_address_disappears(whole):
    gone = set(URLS.read_text().splitlines()) - set(addresses(whole))

    assert gone == set(), "people have these addresses in their hands: keep them, or redirect and change tests/urls.txt"


def test_every_address_is_on_the_list(whole):
    new = set(addresses(whole)) - set(URLS.read_text().splitlines())

    assert new == set(), "add new addresses to tests/urls.txt: lms routes > tests/urls.txt"


def silenced(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Every comment that silences a linter or type checker, with its place."""
    for path in paths:
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
            if token.type == tokenize.COMMENT and re.search(r"#\s*(?:noqa|type:\s*ignore)", token.string):
                yield f"{path.relative_to(ROOT)}:{token.start[0]}", token.string


def test_linters_are_rarely_silenced():
    paths = source_files("lms", "tests")
    lines = sum(len(path.read_text().splitlines()) for path in paths)

    found = list(silenced(paths))

    assert len(found) * MOST_SILENCED_PER_LINES <= lines, found


def test_whoever_silences_a_linter_says_why():
    has_reason = re.compile(r"(?:noqa: ?[A-Z]+\d+(?:, ?[A-Z]+\d+)*|ignore\[[\w, -]+\])\s*(?:[-–:#]+)\s*\w+ \w+")

    found = silenced(source_files("lms", "tests"))

    assert [(place, comment) for place, comment in found if not has_reason.search(comment)] == []


def repository_files() -> list[Path]:
    """Every file that is or would be in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_file_names_a_place_that_only_one_machine_has():
    found = [
        f"{path.relative_to(ROOT)} names {what}: {match[0]}"
        for path in repository_files()
        for text in [path.read_text(errors="replace")]
        for what, pattern in FORBIDDEN.items()
        if (match := pattern.search(text))
    ]

    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a folder beside the clone", "see sha" + "red/domain.md"),
        ("a path of one machine", "cd /wo" + "rk/main"),
        ("a path of one machine", "open('/ro" + "ot/notes')"),
        ("a package registry", "https://registry.npm" + "js.org/axe-core"),
    ],
)
def test_a_place_that_only_one_machine_has_would_be_found(what, text):
    assert FORBIDDEN[what].search(text)


def models() -> list[type[Base]]:
    return [mapper.class_ for mapper in Base.registry.mappers]


def test_every_table_belongs_to_a_model_that_declares_its_personal_data(whole):
    declared = {model.__table__.key for model in models() if "holds_personal_data" in vars(model)}

    assert declared == set(Base.metadata.tables)
    check_dictionary(models())


def test_every_document_that_the_source_cites_is_there():
    cited = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in source_files(
            "lms", "tests", "migrations", "content", endings=(".py", ".html", ".css", ".js", ".yaml")
        )
        if "vendor" not in path.parts
        for name in CITED_DOCUMENT.findall(path.read_text())
    }

    # A decision may be cited by its number alone.
    missing = [
        (file, name) for file, name in sorted(cited) if not (ROOT / name).exists() and not list(ROOT.glob(f"{name}-*"))
    ]

    assert len(cited) > 10
    assert missing == []
