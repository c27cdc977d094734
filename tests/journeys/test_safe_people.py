"""Enrolling, losing a phone, being called, and never meeting somebody: in the browser, with a passkey that it holds."""

from contextlib import contextmanager
from uuid import UUID

import pytest

from tests.browser import DESK, PHONE, Surfer
from tests.live import Account

pytestmark = pytest.mark.browser
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
WORDS = "a lamp in the old garden"
WHY = "She has not come for three weeks, and her plan says whom I may ask."


@contextmanager
def holding_a_key(surfer: Surfer):
    """The window's device can make and hold passkeys, and its owner is there."""
    session = surfer.context.new_cdp_session(surfer.page)
    session.send("WebAuthn.enable", {"enableUI": False})
    number = session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]
    yield lambda: session.send("WebAuthn.getCredentials", {"authenticatorId": number})["credentials"]


def by_key(surfer: Surfer, form: str) -> None:
    surfer.press(f'main form[action$="{form}"] button[data-passkey]')


def codes_on_paper(surfer: Surfer, account: Account | None = None) -> list[str]:
    surfer.open("/en/account/again")
    if account is not None:
        surfer.page.fill("[name=password]", account.password)
        surfer.press('main form[action$="/again"] button:not([data-passkey])')
    else:
        by_key(surfer, "/again")
    surfer.press('main form[action$="/sign-in/codes"] button')
    return surfer.page.locator("li.code").all_inner_texts()


def is_in(surfer: Surfer) -> bool:
    surfer.open("/en/today")
    return surfer.path == "/en/today"


def account_of(surfer: Surfer, login: str) -> Account:
    return next(one for one in surfer.live.accounts if one.login == login)


def test_enrolled_with_a_passkey_on_one_phone_recovered_on_another(open_browser):
    with open_browser(width=PHONE) as phone, holding_a_key(phone) as held:
        phone.open("/en/enrol")
        phone.page.fill(
            "[name=code]", phone.live.command("user", "invite", "--shown-name", "Slate").split(": ")[1].split()[0]
        )
        phone.press("main form button")
        by_key(phone, "/enrol/passkey")
        assert is_in(phone) and len(held()) == 1
        phone.sign_out()
        phone.open("/en/sign-in")
        phone.press("main button[data-passkey]")
        assert is_in(phone)

        phone.open("/en/account/sign-in/passphrase")
        phone.page.fill("[name=login]", "harbour at night")
        for field in ("passphrase", "again"):
            phone.page.fill(f"[name={field}]", WORDS)
        phone.press('main form[action$="/passphrase"] button')
        paper = codes_on_paper(phone)
        assert len(set(paper)) == 10

        with open_browser(width=PHONE) as other, holding_a_key(other):
            other.begin_sign_in(Account("participant", "harbour at night", WORDS, "en"), "en")
            other.page.click("main details summary >> nth=0")
            other.page.fill("[name=paper]", paper[0].lower())
            other.press('main form[action$="/recovery"] button')
            assert is_in(other)
            other.open("/en/account/sign-in")
            by_key(other, "/account/sign-in/passkey")
            other.open("/en/account/sign-in")
            other.press('main form[action$="/remove"] >> nth=0 >> button')
            other.open("/en/account/sessions")
            other.press('main form[action$="/end-others"] button')
            assert not is_in(phone)
            phone.open("/en/sign-in")
            phone.press("main button[data-passkey]")
            assert phone.path == "/en/sign-in/passkey" and not is_in(phone)
            assert is_in(other)


def test_a_code_from_paper_works_once(open_browser):
    with open_browser() as desk:
        account = account_of(desk, "en6")
        desk.sign_in(account, "en")
        (first, *_rest) = codes_on_paper(desk, account)
        lock(desk)
        for expected in (True, False):
            desk.begin_sign_in(account, "en")
            desk.page.fill("[name=paper]", first)
            desk.press('main form[action$="/recovery"] button')
            assert desk.has_session() is expected
            if expected:
                lock(desk)


def lock(surfer: Surfer) -> None:
    surfer.open("/en/account/sessions")
    surfer.press('main form[action$="/sessions/lost"] button')


def test_a_passkey_does_nothing_on_another_origin(open_browser):
    with open_browser() as desk, holding_a_key(desk) as held:
        account = account_of(desk, "en7")
        desk.sign_in(account, "en")
        desk.open("/en/account/sign-in")
        by_key(desk, "/account/sign-in/passkey")
        assert len(held()) == 1
        elsewhere = desk.live.base_url.replace("localhost", "127.0.0.1")
        desk.page.goto(f"{elsewhere}/en/sign-in")
        desk.page.click("main button[data-passkey]")
        desk.page.wait_for_selector("main [role=alert]")
        assert desk.path == "/en/sign-in"


def test_she_loses_her_phone_at_a_checkpoint(open_browser):
    with open_browser(width=PHONE) as phone, open_browser(width=DESK) as borrowed:
        account = account_of(phone, "en5")
        phone.sign_in(account, "en")
        paper = codes_on_paper(phone, account)
        phone.open("/en/account/sessions/lost")
        assert is_in(phone), "the rehearsal changes nothing"

        borrowed.sign_in(account, "en")
        lock(borrowed)
        assert not is_in(phone)
        phone.begin_sign_in(account, "en")
        assert not is_in(phone), "the passphrase alone opens nothing any more"

        borrowed.begin_sign_in(account, "en")
        borrowed.page.fill("[name=paper]", paper[3])
        borrowed.press('main form[action$="/recovery"] button')
        assert is_in(borrowed)


def test_a_coordinator_must_call_her(open_browser):
    with open_browser(width=PHONE, language="ar") as hers, open_browser() as desk:
        woman = account_of(hers, "ar5")
        hers.sign_in(woman, "ar")
        hers.open("/ar/account/safety")
        hers.page.fill("[name=channel]", "عبر مكتب الجمعية، صباحاً")
        hers.press("main form .actions button")

        ((place,),) = desk.live.rows(
            "SELECT public_id FROM cohorts_enrolment WHERE alias = ? AND agreed_at IS NOT NULL", alias_of(hers)
        )
        desk.sign_in(desk.live.people("coordinator", "en")[0], "en")
        cohort = desk.live.pages["coordinator.cohort"]
        desk.open(f"/en{cohort}/people/{UUID(str(place))}/sealed")
        desk.page.check("[name=field][value=plan]")
        desk.page.fill("form[action$='/open'] [name=reason]", WHY)
        desk.press("form[action$='/sealed/open'] .actions button >> nth=0")
        assert "عبر مكتب الجمعية" in desk.page.inner_text("main")

        hers.open("/ar/account/opened")
        assert WHY in hers.page.inner_text("main") and "Rania M." in hers.page.inner_text("main")


def alias_of(surfer: Surfer) -> str:
    surfer.open("/ar/account/who-sees")
    return surfer.page.inner_text("main .rows strong")


def test_two_people_of_opposing_parties_never_share_a_group(open_browser):
    with open_browser() as focal, open_browser() as desk:
        names = ["Willow", "Acacia"]
        focal.sign_in(focal.live.people("safety", "en")[0], "en")
        focal.open(f"/en{focal.live.pages['safety.apart']}")
        focal.page.select_option("[name=one]", label=names[0])
        focal.page.select_option("[name=other]", label=names[1])
        focal.page.fill("[name=reason]", "Their units fought each other.")
        focal.press('main form[action$="/make"] button')

        coordinator = desk.live.people("coordinator", "en")[0]
        desk.sign_in(coordinator, "en")
        desk.open(f"/en{desk.live.pages['coordinator.staff']}")
        for _time in range(3):
            desk.press('main form[action$="/groups"] button >> nth=-1')
            desk.open(f"/en{desk.live.pages['coordinator.staff']}")
            found = desk.live.rows(
                "SELECT alias, group_id FROM cohorts_enrolment WHERE alias IN (?, ?) AND group_id IS NOT NULL", *names
            )
            assert len({group for _alias, group in found}) == 2, found
        for page in (desk.live.pages["coordinator.cohort"], desk.live.pages["coordinator.participants"]):
            desk.open(f"/en{page}")
            assert "fought" not in desk.page.inner_text("main")
        desk.open(f"/en{focal.live.pages['safety.apart']}")
        assert desk.last_document is not None and desk.last_document.status == 404
