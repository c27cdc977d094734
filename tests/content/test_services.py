import pytest
from sqlalchemy import func, select

from lms.content import services
from lms.content.errors import (
    NoSuchProgramme,
    NotComparable,
    NotPublished,
    PackRefused,
    TargetNotEmpty,
    unknown_programme,
)
from lms.content.pack import digest, read_pack
from lms.courses import queries
from lms.courses.models import Version
from lms.kernel.db import db

from .packs import EN, FILES, FR, changed, pack, write


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "pack")


@pytest.fixture
def imported(in_app, clock, folder):
    return services.import_pack(folder, by=None, at=clock.now())[0]


def test_an_imported_lesson_can_be_read(imported):
    [lesson] = queries.modules_of(imported)[0].lessons
    [text] = [text for text in lesson.texts if text.language == "fr"]

    assert (lesson.minutes, lesson.safety) == (8, False)
    assert text.title == "Ce que disent les mots"
    assert text.headings == [{"id": "p-word", "title": "Un mot"}]
    assert text.words[1] == {
        "id": "ceasefire",
        "term": "cessez-le-feu",
        "definition": "Arrête le feu.",
    }
    assert text.sources[1] == {
        "number": 2,
        "id": "regulations",
        "title": "Regulations of war on land",
        "lang": "en",
        "publisher": "Another publisher",
        "published": "1907",
        "note": "article 36 du règlement",
        "checked": "2026-11-01",
        "review": "2027-11-01",
    }
    assert text.sources[0]["url"] == "https://example.org/guidance"
    assert '<figure class="card" id="f-three-designs">' in text.html


def test_an_imported_course_keeps_its_settings(imported):
    assert imported.required_languages == ["en", "fr", "ar"]
    assert imported.allowed_languages == ["es"]
    assert imported.address == {"ar": "feminine"}
    assert imported.completion == {"activities_percent": 80, "simulation": True}
    assert [module.node_id for module in queries.modules_of(imported)] == ["m1", "m2"]


def test_an_imported_course_has_its_tasks_and_questions(imported):
    tasks = [(task.node_id, task.kind, task.body.get("graded")) for task in queries.tasks_of(imported.id)]

    assert tasks == [
        ("m1-words-check", "checkpoint", None),
        ("m1-quiz", "quiz", True),
        ("m1-memo", "assignment", False),
    ]
    assert [item.body.get("key") for item in queries.items_of(imported.id)] == ["a", None, "16.7", None]
    assert [rubric.node_id for rubric in queries.rubrics_of(imported.id)] == ["m1-r1"]


def test_the_same_pack_again_changes_nothing(imported, folder, clock):
    again, is_new = services.import_pack(folder, by=None, at=clock.now())

    assert (again.number, is_new) == (1, False)


def test_a_pack_with_a_fault_imports_nothing(in_app, clock, tmp_path):
    folder = write(tmp_path / "pack", changed(EN, "minutes: 8", "minutes: 9"))
    before = db.session.scalar(select(func.count(Version.id)))

    with pytest.raises(PackRefused) as refused:
        services.import_pack(folder, by=None, at=clock.now())

    assert len(refused.value.faults) == 2
    assert db.session.scalar(select(func.count(Version.id))) == before


def test_an_export_is_byte_for_byte_what_was_imported(imported, folder, tmp_path):
    services.export_version("small-course", tmp_path / "out")

    assert read_pack(tmp_path / "out").files == read_pack(folder).files
    assert digest(read_pack(tmp_path / "out").files) == imported.digest


def test_odd_but_allowed_bytes_survive(in_app, clock, tmp_path):
    files = changed("course.yaml", "naming: alias", "\n\n# a remark  \nnaming:   alias   ")
    files = changed(EN, "{#start}", "\n\n\n{#start}", files)
    folder = write(tmp_path / "pack", files)
    services.import_pack(folder, by=None, at=clock.now())

    services.export_version("small-course", tmp_path / "out")

    assert read_pack(tmp_path / "out").files == read_pack(folder).files


def test_an_older_version_can_be_exported(imported, clock, tmp_path):
    newer = write(tmp_path / "newer", changed(EN, "Somebody", "She"))
    services.import_pack(newer, by=None, at=clock.now())

    services.export_version("small-course", tmp_path / "one", number=1)
    services.export_version("small-course", tmp_path / "newest")

    assert (tmp_path / "one" / EN).read_text() == FILES[EN]
    assert "She said so." in (tmp_path / "newest" / EN).read_text()


def test_an_export_never_writes_over_anything(imported, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("mine")

    with pytest.raises(TargetNotEmpty):
        services.export_version("small-course", tmp_path / "out")

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]


def test_what_was_never_published_cannot_be_exported(in_app, tmp_path):
    with pytest.raises(NoSuchProgramme):
        services.export_version("nothing", tmp_path / "out")


def test_a_version_that_is_not_there_cannot_be_exported(imported, tmp_path):
    with pytest.raises(NotPublished) as refused:
        services.export_version("small-course", tmp_path / "out", number=2)

    assert type(refused.value) is NotPublished


def test_before_anything_is_published_nothing_is_listed():
    assert str(unknown_programme("x", [])) == "There is no programme x. Nothing has been published yet."
    assert str(unknown_programme("x", ["a", "b"])) == "There is no programme x. Published: a, b."


def test_the_language_of_a_title_is_told(in_app, clock, tmp_path):
    title = "title: Règlement de la guerre sur terre\n    lang: fr"
    folder = write(tmp_path / "pack", changed(FR, "title: Regulations of war on land", title))
    version, _ = services.import_pack(folder, by=None, at=clock.now())
    [lesson] = queries.modules_of(version)[0].lessons

    languages = {text.language: [source["lang"] for source in text.sources] for text in lesson.texts}

    assert languages == {"en": ["en", "en"], "fr": ["en", "fr"], "ar": ["en", "en"]}


def test_a_folder_without_course_is_compared_with_nothing(in_app):
    files = {path: text for path, text in FILES.items() if path != "course.yaml"}

    with pytest.raises(NotComparable) as refused:
        services.compare_with_published(pack(files))

    assert str(refused.value).startswith("course.yaml cannot be read")


def test_a_folder_is_compared_with_what_is_published(imported):
    assert services.compare_with_published(pack()) == []
    assert services.compare_with_published(pack(changed(EN, "Somebody", "She")))[1:] == [
        "  changed passage word-said",
        "    > [-Somebody-]{+She+} said so.",
    ]
