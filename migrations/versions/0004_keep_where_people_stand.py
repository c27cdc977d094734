"""Keep where people stand beside their places, and what a cohort counts of them.

Revision: 0004
Follows: 0003

What is kept follows from what is there: `lms db upgrade` counts cohorts that have not been counted whole yet. Going
down therefore loses nothing that going up does not find again.

Code of 0003 can work beside it: an attempt that it opens gets the cohort of its enrolment from a trigger. What it keeps
is not counted: when it has ended, `lms db count` counts everything anew. The trigger goes when no such code runs any more; under SQLite
also before `cohorts_enrolment` is altered by copying it, because SQLite then looks for the table that the trigger names.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

NOBODYS = "0"
"""SQLite cannot fill a row before it is stored: what does not know the column stores this first."""

FILL = {
    "sqlite": (
        "CREATE TRIGGER assessments_attempt_in_cohort AFTER INSERT ON assessments_attempt WHEN NEW.cohort_id = 0"
        " BEGIN UPDATE assessments_attempt"
        " SET cohort_id = (SELECT cohort_id FROM cohorts_enrolment WHERE id = NEW.enrolment_id) WHERE id = NEW.id; END",
    ),
    "postgresql": (
        "CREATE FUNCTION assessments_attempt_in_cohort() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " NEW.cohort_id := (SELECT cohort_id FROM cohorts_enrolment WHERE id = NEW.enrolment_id); RETURN NEW; END $$",
        "CREATE TRIGGER assessments_attempt_in_cohort BEFORE INSERT ON assessments_attempt FOR EACH ROW"
        " WHEN (NEW.cohort_id IS NULL) EXECUTE FUNCTION assessments_attempt_in_cohort()",
    ),
}
UNFILL = {
    "sqlite": ("DROP TRIGGER IF EXISTS assessments_attempt_in_cohort",),
    "postgresql": (
        "DROP TRIGGER IF EXISTS assessments_attempt_in_cohort ON assessments_attempt",
        "DROP FUNCTION IF EXISTS assessments_attempt_in_cohort()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "cohorts_tally",
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts_cohort.id"], name=op.f("cohorts_tally_cohort_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("cohort_id", "kind", "name", name=op.f("cohorts_tally_pk")),
    )
    op.add_column("cohorts_cohort", sa.Column("is_counted", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("cohorts_enrolment") as table:
        table.add_column(sa.Column("active_on", sa.Date(), nullable=True))
        table.add_column(sa.Column("quiet_from", sa.Date(), nullable=True))
        table.add_column(sa.Column("late_from", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("finished", JSON, server_default="[]", nullable=False))
        table.create_index(
            op.f("cohorts_enrolment_cohort_id_state_quiet_from_ix"), ["cohort_id", "state", "quiet_from"]
        )
        table.create_index(
            op.f("cohorts_enrolment_cohort_id_state_late_from_quiet_from_ix"),
            ["cohort_id", "state", "late_from", "quiet_from"],
        )
    with op.batch_alter_table("assessments_attempt") as table:
        table.add_column(sa.Column("cohort_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE assessments_attempt SET cohort_id ="
        " (SELECT cohort_id FROM cohorts_enrolment WHERE cohorts_enrolment.id = assessments_attempt.enrolment_id)"
    )
    with op.batch_alter_table("assessments_attempt") as table:
        table.alter_column("cohort_id", nullable=False, existing_type=sa.Integer(), server_default=_nobodys())
        table.create_foreign_key(
            op.f("assessments_attempt_cohort_id_fk"), "cohorts_cohort", ["cohort_id"], ["id"], ondelete="CASCADE"
        )
        table.create_index(
            "assessments_attempt_waiting_ix",
            ["cohort_id", "kind", "state", "handed_in_at", "node_id", "marker_id", "enrolment_id", "language"],
        )
    for statement in FILL[op.get_bind().dialect.name]:
        op.execute(statement)


def _nobodys() -> str | None:
    return NOBODYS if op.get_bind().dialect.name == "sqlite" else None


def downgrade() -> None:
    for statement in UNFILL[op.get_bind().dialect.name]:
        op.execute(statement)
    with op.batch_alter_table("assessments_attempt") as table:
        table.drop_index("assessments_attempt_waiting_ix")
        table.drop_constraint(op.f("assessments_attempt_cohort_id_fk"), type_="foreignkey")
        table.drop_column("cohort_id")
    with op.batch_alter_table("cohorts_enrolment") as table:
        table.drop_index(op.f("cohorts_enrolment_cohort_id_state_late_from_quiet_from_ix"))
        table.drop_index(op.f("cohorts_enrolment_cohort_id_state_quiet_from_ix"))
        for column in ("finished", "late_from", "quiet_from", "active_on"):
            table.drop_column(column)
    op.drop_column("cohorts_cohort", "is_counted")
    op.drop_table("cohorts_tally")
