"""A cohort with tasks."""

import pytest

from lms.kernel.db import transaction
from tests.assessments.taught import make_taught


@pytest.fixture
def taught(app, cast):
    """A course with tasks, its cohort, three participants, a facilitator and a coordinator."""
    app.extensions.pop("catalogues", None)
    with app.app_context(), transaction():
        return make_taught(cast)
