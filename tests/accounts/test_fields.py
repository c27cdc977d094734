import pytest
from wtforms import Form
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import Select

from lms.accounts import choices, fields
from lms.accounts.fields import ZoneField

OWN = "Etc/GMT+5"
"""A zone that may be stored and is not offered."""


class Asked(Form):
    zone = ZoneField()


def drawn(all_choices, chosen):
    form = Asked(data={"zone": chosen})
    form.zone.choices = all_choices
    return form.zone


@pytest.mark.parametrize("chosen", ["Africa/Cairo", OWN, None])
def test_zones_are_drawn_as_any_choice_is(chosen):
    field = drawn(choices.time_zones_with(OWN), chosen)
    assert field() == Select()(field)
    assert field().count("selected") == (chosen is not None)


def test_attributes_of_a_choice_and_a_missing_name_are_kept():
    special = [SelectChoice("UTC", "UTC", {"lang": "en"}), SelectChoice("Africa/Cairo", "")]
    field = drawn(special, None)
    assert field() == Select()(field)
    assert '<option lang="en" value="UTC">UTC</option>' in field() and ">Africa/Cairo</option>" in field()


def test_only_what_is_offered_to_everybody_is_kept():
    for chosen in (OWN, "UTC"):  # chosen, and offered beside another
        drawn(choices.time_zones_with(OWN), chosen)()
    assert set(fields._drawn()) == set(choices.time_zones())
