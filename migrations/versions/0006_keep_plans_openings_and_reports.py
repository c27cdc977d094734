"""Keep safety plans, who opened what, reports, and who is kept apart.

Revision: 0006
Follows: 0005

Only new tables: code of 0005 works beside it. Going down loses what stands in them: make a copy first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    "safety_apart_member",
    "safety_apart_rule",
    "safety_report",
    "safety_recovery",
    "safety_opening",
    "safety_plan",
)


def upgrade() -> None:
    op.create_table(
        "safety_plan",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.LargeBinary(), nullable=True),
        sa.Column("hours", sa.LargeBinary(), nullable=True),
        sa.Column("silence", sa.LargeBinary(), nullable=True),
        sa.Column("changed_on", sa.Date(), nullable=False),
        _to("safety_plan", "person_id", "accounts_person"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("safety_plan_pk")),
    )
    op.create_table(
        "safety_opening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _to("safety_opening", "person_id", "accounts_person"),
        _to("safety_opening", "by_id", "accounts_person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("safety_opening_pk")),
    )
    op.create_index(op.f("safety_opening_person_id_at_ix"), "safety_opening", ["person_id", "at"])
    op.create_index(op.f("safety_opening_by_id_at_ix"), "safety_opening", ["by_id", "at"])
    op.create_table(
        "safety_recovery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _to("safety_recovery", "person_id", "accounts_person"),
        _to("safety_recovery", "asked_by_id", "accounts_person", "SET NULL"),
        _to("safety_recovery", "confirmed_by_id", "accounts_person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("safety_recovery_pk")),
    )
    op.create_index(op.f("safety_recovery_person_id_ix"), "safety_recovery", ["person_id"])
    op.create_table(
        "safety_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        _to("safety_report", "cohort_id", "cohorts_cohort", "SET NULL"),
        _to("safety_report", "person_id", "accounts_person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("safety_report_pk")),
        sa.UniqueConstraint("public_id", name=op.f("safety_report_public_id_key")),
        sa.UniqueConstraint("code_hash", name=op.f("safety_report_code_hash_key")),
    )
    op.create_index(op.f("safety_report_state_day_ix"), "safety_report", ["state", "day"])
    op.create_table(
        "safety_apart_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        _to("safety_apart_rule", "cohort_id", "cohorts_cohort"),
        sa.PrimaryKeyConstraint("id", name=op.f("safety_apart_rule_pk")),
        sa.UniqueConstraint("public_id", name=op.f("safety_apart_rule_public_id_key")),
    )
    op.create_index(op.f("safety_apart_rule_cohort_id_ix"), "safety_apart_rule", ["cohort_id"])
    op.create_table(
        "safety_apart_member",
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        _to("safety_apart_member", "rule_id", "safety_apart_rule"),
        _to("safety_apart_member", "person_id", "accounts_person"),
        sa.PrimaryKeyConstraint("rule_id", "person_id", name=op.f("safety_apart_member_pk")),
    )
    op.create_index(op.f("safety_apart_member_person_id_ix"), "safety_apart_member", ["person_id"])


def _to(table: str, column: str, other: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"{table}_{column}_fk"), ondelete=ondelete)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
