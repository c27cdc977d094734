"""How a rule says no."""

from collections.abc import Mapping

from .i18n import Counted, choose
from .i18n import lazy as _l


class Refusal(Exception):
    """A person asked for something that a rule does not allow.

    The sentence says what, why, what now, and that nothing was lost. Values stay raw here; `lms.web.http.explain`
    writes them for the reader.
    """

    message: str | Counted = _l("This could not be done. Nothing was changed.")

    def __init__(self, **values: object) -> None:
        super().__init__(type(self).__name__)
        self.values: Mapping[str, object] = values

    def __str__(self) -> str:
        return self.tell(self.values)

    def tell(self, written: Mapping[str, object]) -> str:
        """The sentence with its values as they are written for somebody."""
        return choose(self.message, self.values) % written


class Misconfigured(Exception):
    """The product cannot run as it was set up; the text is one sentence that names the setting."""
