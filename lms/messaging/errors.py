"""How a handler says that its work is neither done nor failed. No person meets these."""

from datetime import datetime


class PutOff(Exception):
    """The work is to be done later; nothing went wrong, and it is no try."""

    def __init__(self, until: datetime) -> None:
        super().__init__(type(self).__name__)
        self.until = until


class Undeliverable(Exception):
    """A message that no later try can bring to her: she gave no address that can be written to, or is gone."""
