"""Keep where people stand beside their places, and what a cohort counts of them.

Revision: 0004
Follows: 0003

What is kept follows from what is there: `lms db upgrade` counts cohorts that have not been counted yet.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


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
        table.alter_column("cohort_id", nullable=False, existing_type=sa.Integer())
        table.create_foreign_key(
            op.f("assessments_attempt_cohort_id_fk"), "cohorts_cohort", ["cohort_id"], ["id"], ondelete="CASCADE"
        )
        table.create_index(
            "assessments_attempt_waiting_ix",
            ["cohort_id", "kind", "state", "handed_in_at", "node_id", "marker_id", "enrolment_id", "language"],
        )


def downgrade() -> None:
    with op.batch_alter_table("assessments_attempt") as table:
        table.drop_index("assessments_attempt_waiting_ix")
        table.drop_constraint(op.f("assessments_attempt_cohort_id_fk"), type_="foreignkey")
        table.drop_column("cohort_id")
    with op.batch_alter_table("cohorts_enrolment") as table:
        table.drop_index(op.f("cohorts_enrolment_cohort_id_state_late_from_quiet_from_ix"))
        table.drop_index(op.f("cohorts_enrolment_cohort_id_state_quiet_from_ix"))
        for column in ("finished", "late_from", "quiet_from", "active_on"):
            table.drop_column(column)
    op.drop_table("cohorts_tally")
