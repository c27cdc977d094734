"""A browser as small as can be: cookies, the hidden token, forms; and a participant who answers a quiz with it."""

import html
import http.client
import json
import random
import re
import time
import urllib.parse
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from uuid import UUID, uuid4

Fields = list[tuple[str, str]]
LONGEST_SECONDS = 30
JSON = "application/json"
BROKEN = (OSError, http.client.HTTPException)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    headers: http.client.HTTPMessage
    text: str
    seconds: float

    @property
    def told(self) -> dict[str, object]:
        """What a script is told."""
        found: dict[str, object] = json.loads(self.text)
        return found

    @property
    def is_json(self) -> bool:
        """Whether it is for a script."""
        return (self.headers["Content-Type"] or "").startswith(JSON)

    def field(self, name: str) -> str:
        """The value of a hidden field."""
        found = re.search(rf'name="{re.escape(name)}"[^>]* value="([^"]*)"', self.text)
        assert found, f"no field {name} in the page ({self.status})"
        return html.unescape(found[1])


class Client:
    """Cookies and a token. One connection per request: a server may die between two."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies, self.token = port, {"seen": "1"}, ""

    def get(self, path: str, *, accept: str = "text/html") -> Answer:
        """Ask for a page."""
        return self._ask("GET", path, None, accept)

    def post(self, path: str, fields: Fields, *, accept: str = "text/html") -> Answer:
        """Send a form with the token of the last page."""
        return self._ask("POST", path, urllib.parse.urlencode([("csrf_token", self.token), *fields]), accept)

    def sign_in(self, login: str, password: str) -> "Client":
        """Sign in for real."""
        self.get("/en/sign-in")
        answer = self.post("/en/sign-in", [("login", login), ("password", password)])
        assert answer.status in (302, 303), f"{login} could not sign in: {answer.status}"
        return self

    def _ask(self, method: str, path: str, body: str | None, accept: str) -> Answer:
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_SECONDS)
        headers = {"Accept": accept, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        for header in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', text)
        if token:
            self.token = token[1]
        return Answer(status=response.status, headers=response.headers, text=text, seconds=time.monotonic() - begun)


@dataclass(frozen=True, kw_only=True)
class Save:
    """One act of saving, as it is sent; again with the same id it is the same act."""

    number: int
    sequence: int
    operation: UUID
    answer: tuple[tuple[str, str], ...]
    flagged: bool

    def fields(self, attempt: UUID, *, held: int = 0) -> Fields:
        """The form. held: milliseconds for which the device kept it."""
        n = self.number
        found = [("attempt", str(attempt)), (f"op{n}", str(self.operation)), (f"seq{n}", str(self.sequence))]
        found += list(self.answer)
        if self.flagged:
            found.append((f"flag{n}", "on"))
        if held:
            found.append((f"held{n}", str(held)))
        return found


@dataclass
class Taker:
    """A participant with an open attempt: she chooses, and knows what she was told."""

    client: Client
    task: UUID
    attempt: UUID = UUID(int=0)
    choices: dict[int, list[str]] = field(default_factory=dict)
    sequences: dict[int, int] = field(default_factory=dict)
    last: dict[int, Save] = field(default_factory=dict)
    acknowledged: list[Save] = field(default_factory=list)

    def open(self) -> "Taker":
        """Open an attempt and read its questions."""
        self.client.get(f"/en/t/{self.task}")
        answer = self.client.post(f"/en/t/{self.task}/start", [])
        assert answer.status in (302, 303), f"no attempt could be opened: {answer.status}"
        page = self.client.get(f"/en/t/{self.task}/all")
        self.attempt = UUID(page.field("attempt"))
        for number, value in re.findall(
            r'<input[^>]*type="(?:radio|checkbox)"[^>]*name="q(\d+)"[^>]*value="([^"]+)"', page.text
        ):
            self.choices.setdefault(int(number), []).append(html.unescape(value))
        for number in self.choices:
            self.sequences[number] = int(page.field(f"seq{number}"))
        assert len(self.choices) > 2, "the quiz has no questions to choose in"
        return self

    def think(self, draw: random.Random, number: int | None = None) -> Save:
        """Another answer than the one she gave last."""
        number = number or draw.choice(sorted(self.choices))
        before = self.last.get(number)
        while True:
            value, flagged = draw.choice(self.choices[number]), draw.random() < 0.5
            answer = ((f"q{number}", value),)
            if before is None or (answer, flagged) != (before.answer, before.flagged):
                break
        save = Save(number=number, sequence=self.sequences[number], operation=uuid4(), answer=answer, flagged=flagged)
        self.sequences[number] += 1
        self.last[number] = save
        return save

    def send(self, save: Save, *, accept: str = JSON, held: int = 0) -> Answer:
        """Send it, and note it as acknowledged when the site says so."""
        answer = self.client.post(
            f"/en/t/{self.task}/q/{save.number}/save", save.fields(self.attempt, held=held), accept=accept
        )
        if answer.status == 200:
            self.acknowledged.append(save)
        return answer
