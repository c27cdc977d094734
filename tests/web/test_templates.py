import pytest


@pytest.fixture
def pages(app):
    return app.jinja_env


def test_no_template_is_given_globals_of_its_own(pages):
    name = pages.list_templates(extensions=["html"])[0]
    pages.cache.clear()
    for _first_and_again in range(2):
        with pytest.raises((TypeError, AttributeError)):
            pages.get_template(name, globals={"leaked": "for one"})
        with pytest.raises((TypeError, AttributeError)):
            pages.select_template([name], globals={"leaked": "for one"})
        pages.get_template(name)
    with pytest.raises(TypeError, match="no globals of its own"):
        pages.from_string("{{ leaked }}", globals={"leaked": "for one"})
    assert "leaked" not in pages.globals and pages.from_string("{{ leaked is defined }}").render() == "False"


def test_what_all_templates_share_is_seen_by_those_that_are_loaded_already(pages, monkeypatch):
    loaded = pages.from_string("{{ shared_by_all }}")
    monkeypatch.setitem(pages.globals, "shared_by_all", "yes")
    assert loaded.render() == "yes"
