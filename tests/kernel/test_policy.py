import pytest

from lms.kernel.policy import Permission, allows, declare, is_declared


class Tea(Permission):
    POUR = "tests:tea:pour"
    DRINK = "tests:tea:drink"
    SPILL = "tests:tea:spill"


def is_thirsty(who, target):
    return "thirsty" in who


def is_seated(who, target):
    return "seated" in who


declare({Tea.POUR: [is_thirsty, is_seated], Tea.DRINK: [is_thirsty]})


@pytest.mark.parametrize(
    ("who", "pours", "drinks"),
    [((), False, False), (("thirsty",), True, True), (("seated",), True, False), (("thirsty", "seated"), True, True)],
)
def test_any_predicate_suffices(who, pours, drinks):
    assert (allows(Tea.POUR, who), allows(Tea.DRINK, who)) == (pours, drinks)


def test_a_permission_is_declared_once():
    with pytest.raises(RuntimeError, match="tests:tea:pour is declared twice"):
        declare({Tea.POUR: [is_seated]})


def test_what_nobody_declared_is_known_as_such():
    assert is_declared(Tea.POUR) and not is_declared(Tea.SPILL)
