"""The four commands, as an operator runs them."""

import pytest
from click.testing import CliRunner

from lms.__main__ import lms, main
from lms.cohorts.services import founding
from lms.content.errors import FaultsFound, PackRefused
from lms.courses import queries as courses
from lms.kernel.db import transaction
from tests.cast import DAY, NOW

from .packs import EN, FILES, changed, write


@pytest.fixture
def run():
    def run(*words, app=None):
        return CliRunner().invoke(lms, ["content", *map(str, words)], obj=lambda: app)

    return run


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "pack")


@pytest.mark.parametrize("command", ["check", "import", "export", "diff"])
def test_each_command_explains_itself_with_an_example(run, command):
    result = run(command, "--help")

    assert result.exit_code == 0
    assert f"Example: lms content {command} " in result.output


def test_checking_a_sound_pack_needs_no_application(run, folder):
    result = run("check", folder)

    assert (result.exit_code, result.output) == (0, "No faults. Modules: 2, lessons: 1 (ar, en, fr).\n")


def test_checking_prints_every_fault_and_refuses(run, tmp_path):
    files = changed(EN, "Somebody", "<b>Somebody", changed("course.yaml", "naming: alias", "naming: x"))

    result = run("check", write(tmp_path / "bad", files))

    assert result.stdout == (f"course.yaml:7: naming must be 'alias' or 'named'\n{EN}:48: HTML is not allowed\n")
    assert type(result.exception) is FaultsFound


def test_a_refusal_is_one_sentence_and_exit_code_1(tmp_path, monkeypatch, capsys):
    folder = write(tmp_path / "bad", changed(EN, "Somebody", "<b>Somebody"))
    monkeypatch.setattr("sys.argv", ["lms", "content", "check", str(folder)])

    with pytest.raises(SystemExit) as left:
        main()

    # Python prints a text given to `sys.exit` on the error output and exits with 1.
    assert left.value.code == "lms: Faults found: 1."
    assert capsys.readouterr().out == f"{EN}:48: HTML is not allowed\n"


def test_a_folder_that_is_not_there_is_wrong_use(run, tmp_path):
    result = run("check", tmp_path / "nothing")

    assert result.exit_code == 2
    assert "does not exist" in result.stderr


def test_importing_twice_publishes_once(run, folder, app):
    first = run("import", folder, app=app)
    second = run("import", folder, app=app)

    assert first.output == "Published version 1 of small-course.\n"
    assert second.output == "Nothing changed: this pack is version 1 of small-course.\n"


def test_importing_a_pack_with_faults_prints_them(run, tmp_path, app):
    result = run("import", write(tmp_path / "bad", changed(EN, "Somebody", "<b>Somebody")), app=app)

    assert result.stdout == f"{EN}:48: HTML is not allowed\n"
    assert isinstance(result.exception, PackRefused)
    assert str(result.exception) == "The pack cannot be published; faults: 1. Nothing was changed."


def make_cohort(app, number, year):
    with app.app_context(), transaction():
        version = courses.find_version(courses.find_programme("small-course"), number)
        days = {"starts_on": NOW.date(), "ends_on": (NOW + DAY).date()}
        new = founding.NewCohort(title={"en": "A"}, year=year, zone="Europe/Oslo", opens={}, **days)
        founding.make_cohort(version, new, by=None, at=NOW)


def test_an_import_names_the_cohorts_that_stay_on_their_version(run, tmp_path, app):
    folders = [write(tmp_path / word, changed(EN, "Somebody", word)) for word in ("One", "Two", "Three")]
    for number, year in ((1, 2026), (2, 2027)):
        run("import", folders[number - 1], app=app)
        make_cohort(app, number, year)

    newest = run("import", folders[2], app=app)
    again = run("import", folders[2], app=app)

    assert newest.output == (
        "Published version 3 of small-course.\n"
        "Cohorts that stay on their version: 2026 (version 1), 2027 (version 2)."
        " A coordinator moves each on its page “Version”.\n"
    )
    assert again.output == "Nothing changed: this pack is version 3 of small-course.\n"


def test_an_unknown_programme_is_told_which_there_are(run, tmp_path, app):
    result = run("export", "nothere", tmp_path / "out", app=app)

    assert str(result.exception) == ("There is no programme nothere. Published: oslo-prework, women-and-ceasefires.")
    assert not (tmp_path / "out").exists()


def test_what_was_imported_is_exported(run, folder, tmp_path, app):
    run("import", folder, app=app)

    result = run("export", "small-course", tmp_path / "out", app=app)

    assert result.exit_code == 0
    for path, text in FILES.items():
        assert (tmp_path / "out" / path).read_bytes() == text.encode()


def test_two_folders_are_compared_without_an_application(run, folder, tmp_path):
    newer = write(tmp_path / "newer", changed(EN, "Somebody", "She"))

    result = run("diff", folder, newer)

    assert result.exit_code == 0
    assert "{+She+}" in result.output
    assert run("diff", folder, folder).output == "No differences.\n"


def test_one_folder_is_compared_with_what_is_published(run, folder, tmp_path, app):
    run("import", folder, app=app)

    assert run("diff", folder, app=app).output == "No differences.\n"
