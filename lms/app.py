"""The application factory: the only place that knows every package, every wire and every job."""

from datetime import timedelta
from typing import Any

from flask import Flask, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from werkzeug.middleware.proxy_fix import ProxyFix

from lms.accounts import jobs as accounts_jobs
from lms.accounts import places, session
from lms.accounts.services.closing import Hidden
from lms.accounts.views import accounts, devices, factors, second
from lms.assessments import jobs as assessments_jobs
from lms.assessments.models import StepRow
from lms.assessments.policy import AssessmentPermission
from lms.assessments.queries.activities import find_activities, people_who_tried
from lms.assessments.rules.events import MarksReleased, QuizPassed
from lms.assessments.services import ledger
from lms.assessments.views import asking, bank, checkpoints, marking, receipts, results, tasks, writing
from lms.audit.dictionary import check_dictionary
from lms.audit.models import Entry
from lms.certificates import jobs as certificates_jobs
from lms.certificates.keys import init_keys
from lms.certificates.views import cohort as completion
from lms.certificates.views import own as certificates
from lms.certificates.views import verify
from lms.cohorts import begun, silent
from lms.cohorts import jobs as cohorts_jobs
from lms.cohorts.policy import CohortPermission
from lms.cohorts.queries.apart import cohorts_by
from lms.cohorts.queries.seats import last_cohort_of
from lms.cohorts.services import hiding
from lms.cohorts.services.enrolling import PlacesGiven
from lms.cohorts.services.founding import DatesMoved, VersionFollowed
from lms.cohorts.views import apart, dates, founding, invitations, messages, settling, staff, uploads
from lms.home import admin, attendance, calendars, desk, helping, opening, person, reminders, sight
from lms.home import views as home
from lms.home.policy import HomePermission
from lms.home.queries.silence import who_is_silent
from lms.kernel import events
from lms.kernel.clock import Clock, SystemClock
from lms.kernel.db import Base, connect_database
from lms.kernel.policy import allows
from lms.kernel.zones import use_own_zones
from lms.messaging import jobs as messaging_jobs
from lms.messaging import services as messaging
from lms.modules import activities
from lms.modules import views as modules
from lms.modules.queries import people_who_read
from lms.modules.services import LessonRead
from lms.safety.courses import init_courses
from lms.safety.policy import SafetyPermission
from lms.safety.views import leaving, plan, reports
from lms.settings import Environment, Settings
from lms.shipped import shipped
from lms.web import assets, bodies, compression, csrf, errors, headers, languages, pages
from lms.web.http import check_routes
from lms.web.pages import NavigationLink, is_here, is_within
from lms.web.server import THREADS

CONNECT_SECONDS = 2  # the least that the driver takes
POOL_SECONDS = 2
MOST_BYTES_OF_A_FORM = 1_000_000
MOST_LINKS = 5
"""More links than this do not fit under the header of a phone; coordinators reach the questions from their cohorts."""

MOST_OF_STAFF = MOST_LINKS - 3
"""Everybody has three."""

BLUEPRINTS = (
    *(
        home.bp,
        home.machine,
        desk.bp,
        person.bp,
        opening.bp,
        sight.bp,
        admin.bp,
        attendance.bp,
        helping.bp,
        calendars.bp,
        calendars.machine,
    ),
    *(accounts.bp, second.bp, factors.bp, devices.bp),
    *(leaving.bp, plan.bp, reports.bp),
    *(modules.bp, tasks.bp, writing.bp, checkpoints.bp, marking.bp, results.bp, asking.bp, bank.bp, receipts.bp),
    *(founding.bp, dates.bp, staff.bp, messages.bp, uploads.bp, invitations.bp, settling.bp, apart.bp),
    *(certificates.bp, completion.bp, verify.bp, verify.machine),
)

OF_COHORTS = ("cohorts", "dates", "staff", "messages", "uploads", "invitations", "completion", "desk", "people")
"""Blueprints whose pages belong to a cohort."""


def create_app(settings: Settings, *, clock: Clock | None = None) -> Flask:
    """The whole product, ready to serve. Raises Misconfigured when a route, a model or a setting is not in order."""
    use_own_zones()
    app = Flask(__name__, static_folder=None, template_folder="web/templates")
    app.jinja_environment = pages.Pages
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        INSERT_ONLY_TABLES=[Entry.__tablename__, StepRow.__tablename__],
        MIGRATION_URL=settings.migration_url,
        MIGRATIONS=shipped("migrations"),
        MAX_CONTENT_LENGTH=MOST_BYTES_OF_A_FORM,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES_OF_A_FORM,
        TRUSTED_HOSTS=_trusted_hosts(settings),
        WTF_CSRF_ENABLED=False,  # lms.web.csrf guards every request, with or without a form class
        TESTING=settings.environment is Environment.TEST,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions["settings"] = settings
    app.extensions["clock"] = clock or SystemClock()
    app.extensions["key_ring"] = settings.data_keys
    init_keys(app, settings.certificate_keys_dir)
    connect_database(app, settings.keystore)
    check_dictionary(mapper.class_ for mapper in Base.registry.mappers)
    _dress(app, settings)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _wire(app)
    check_routes(app)
    app.wsgi_app = headers.EveryAnswer(app.wsgi_app, settings)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    return app


def _dress(app: Flask, settings: Settings) -> None:
    """What every answer has. Functions after a request run in the reverse of this order."""
    compression.init_compression(app)
    headers.init_headers(app, settings)
    assets.init_assets(app)
    languages.init_languages(app, str(shipped("translations")))
    session.init_sessions(app)
    places.init_places(app, threads=THREADS)
    bodies.init_bodies(app)
    csrf.init_csrf(app)
    errors.init_errors(app)
    pages.init_pages(app, navigation)


def _wire(app: Flask) -> None:
    """Every subscription and every kind of background work, on one page."""
    activities.init_activities(app, activities.Providers(find_activities, checkpoints.below_lesson))
    begun.init_begun(app, (people_who_read, people_who_tried))
    silent.init_silent(app, who_is_silent)
    init_courses(app, last_cohort_of, cohorts_by)
    messaging.handle(app, accounts_jobs.MESSAGE, accounts_jobs.deliver)
    messaging.handle(app, accounts_jobs.SWEEP, accounts_jobs.sweep, every=timedelta(hours=1))
    messaging.handle(app, assessments_jobs.CLOSE, assessments_jobs.close, every=timedelta(minutes=1))
    messaging.handle(app, cohorts_jobs.TAKE_OVER, cohorts_jobs.take_over)
    messaging.handle(app, cohorts_jobs.SEND, cohorts_jobs.send)
    messaging.handle(app, cohorts_jobs.SWEEP, cohorts_jobs.sweep, every=timedelta(hours=1))
    messaging.handle(app, messaging_jobs.SWEEP, messaging_jobs.sweep, every=timedelta(days=1))
    messaging.handle(app, messaging_jobs.WATCH, messaging_jobs.watch, every=timedelta(minutes=1))
    messaging.handle(app, reminders.REMIND, reminders.remind, every=reminders.EVERY)
    messaging.handle(app, certificates_jobs.DECIDE, certificates_jobs.decide, every=timedelta(minutes=10))
    messaging.handle(app, certificates_jobs.MAKE, certificates_jobs.make)
    events.subscribe(app, Hidden, hiding.on_hidden)
    events.subscribe(app, PlacesGiven, ledger.on_places_given)
    events.subscribe(app, LessonRead, ledger.on_lesson_read)
    events.subscribe(app, DatesMoved, ledger.on_dates_moved)
    events.subscribe(app, VersionFollowed, ledger.on_version_followed)
    events.subscribe(app, MarksReleased, certificates_jobs.decide_soon)
    events.subscribe(app, QuizPassed, certificates_jobs.decide_shortly)


def navigation(person: Any) -> list[NavigationLink]:
    """The links under the header for somebody who is signed in."""
    is_course = any(is_here(f"modules.{page}") for page in ("courses", "outline", "lesson"))
    is_work = is_within("tasks", "writing", "checkpoints") or is_here("asking.more_time")
    is_result = is_within("results", "receipts", "certificates")
    links = [
        _link(pgettext("navigation", "Today"), "home.today", current=is_here("home.today")),
        _link(pgettext("navigation", "Course"), "modules.courses", current=is_course or is_work),
        *_links_of_staff(person),
        _link(pgettext("navigation", "Results"), "results.own", current=is_result),
    ]
    if allows(AssessmentPermission.PREVIEW, person) and len(links) < MOST_LINKS:
        links.append(_link(pgettext("navigation", "Questions"), "bank.items", current=is_within("bank")))
    return links


def _links_of_staff(person: Any) -> list[NavigationLink]:
    """Two at most, whatever her roles: what is most of her work stands first."""
    links = []
    if allows(CohortPermission.LIST, person):
        is_cohort = is_within(*OF_COHORTS) or is_here("asking.waiting")
        links.append(_link(pgettext("navigation", "Cohorts"), "cohorts.cohorts", current=is_cohort))
    if allows(SafetyPermission.REPORTS, person):
        links.append(_link(pgettext("navigation", "Reports"), "reports.reports", current=is_within("reports")))
    if allows(HomePermission.ADMINISTER, person):
        is_admin = is_within("admin") and not is_here("admin.audit")
        links.append(_link(_("Administration"), "admin.people", current=is_admin))
    if allows(HomePermission.AUDIT, person):
        links.append(_link(_("What was done"), "admin.audit", current=is_here("admin.audit")))
    if allows(AssessmentPermission.QUEUE, person):
        links.append(_link(pgettext("navigation", "Marking"), "marking.queue", current=is_within("marking")))
    if allows(HomePermission.HELP, person):
        links.append(_link(pgettext("navigation", "People"), "helping.needs_help", current=is_within("helping")))
    return links[:MOST_OF_STAFF]


def _link(label: str, endpoint: str, *, current: bool) -> NavigationLink:
    return NavigationLink(label=label, href=url_for(endpoint), current=current)


def _engine_options(settings: Settings) -> dict[str, Any]:
    # What was bound to a statement may be a name or a hash: it stays out of every error text.
    # As many connections as threads: nobody waits for one, and a database server can be told how many to expect.
    options: dict[str, Any] = {"hide_parameters": True, "pool_size": THREADS, "max_overflow": 0}
    if settings.keystore is None:
        # A machine that is gone says nothing: work that waits without an end, the worker's, learns it in a minute.
        alive = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
        arguments = {"connect_timeout": CONNECT_SECONDS, **alive}
        options |= {"pool_pre_ping": True, "pool_timeout": POOL_SECONDS, "connect_args": arguments}
    return options


def _trusted_hosts(settings: Settings) -> list[str]:
    return [settings.public_host, settings.host, "localhost", "127.0.0.1"]
