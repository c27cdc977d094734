"""Everybody who is signed in has a Today."""

from lms.accounts.policy import is_known
from lms.kernel.policy import Permission, declare


class HomePermission(Permission):
    """What concerns composed pages."""

    TODAY = "home:today:see"


declare({HomePermission.TODAY: [is_known]})
