"""What an operator may be refused."""

from lms.kernel.errors import Misconfigured


class DemoRefused(Misconfigured):
    """The demo does not run here."""
