"""Create tasks, questions and rubrics of a version, attempts with their steps, and what belongs to marking.

Revision: 0002
Follows: 0001

Going down loses what only these tables hold, attempts and marks among it: make a copy first, and restore it instead of
going up again (docs/operating.md).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
JSON_OR_NULL = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "assessments_marker_languages",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("languages", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["accounts_person.id"],
            name=op.f("assessments_marker_languages_person_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("assessments_marker_languages_pk")),
    )
    op.create_table(
        "courses_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.CheckConstraint("position > 0", name=op.f("courses_item_position_positive")),
        sa.ForeignKeyConstraint(["module_id"], ["courses_module.id"], name=op.f("courses_item_module_id_fk")),
        sa.ForeignKeyConstraint(["version_id"], ["courses_version.id"], name=op.f("courses_item_version_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("courses_item_pk")),
        sa.UniqueConstraint("module_id", "position", name=op.f("courses_item_module_id_position_key")),
        sa.UniqueConstraint("public_id", name=op.f("courses_item_public_id_key")),
        sa.UniqueConstraint("version_id", "node_id", name=op.f("courses_item_version_id_node_id_key")),
    )
    op.create_table(
        "courses_rubric",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=40), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.ForeignKeyConstraint(["module_id"], ["courses_module.id"], name=op.f("courses_rubric_module_id_fk")),
        sa.ForeignKeyConstraint(["version_id"], ["courses_version.id"], name=op.f("courses_rubric_version_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("courses_rubric_pk")),
        sa.UniqueConstraint("version_id", "node_id", name=op.f("courses_rubric_version_id_node_id_key")),
    )
    op.create_table(
        "assessments_allowance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=40), nullable=True),
        sa.Column("extra_attempts", sa.Integer(), nullable=False),
        sa.Column("extra_minutes", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("extra_attempts >= 0 AND extra_minutes >= 0", name=op.f("assessments_allowance_only_gives")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["cohorts_enrolment.id"],
            name=op.f("assessments_allowance_enrolment_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("assessments_allowance_pk")),
    )
    with op.batch_alter_table("assessments_allowance") as batch_op:
        batch_op.create_index(batch_op.f("assessments_allowance_enrolment_id_ix"), ["enrolment_id"], unique=False)

    op.create_table(
        "assessments_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("drawn", JSON, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allowed_minutes", sa.Integer(), nullable=True),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("awaits_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("points_of", sa.Integer(), nullable=True),
        sa.Column("words", sa.Integer(), nullable=True),
        sa.Column("marker_id", sa.Integer(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(length=32), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("assessments_attempt_number_positive")),
        sa.CheckConstraint(
            "points IS NULL OR (points >= 0 AND points <= points_of)", name=op.f("assessments_attempt_points_within")
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["cohorts_enrolment.id"],
            name=op.f("assessments_attempt_enrolment_id_fk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["marker_id"], ["accounts_person.id"], name=op.f("assessments_attempt_marker_id_fk"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["version_id"], ["courses_version.id"], name=op.f("assessments_attempt_version_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("assessments_attempt_pk")),
        sa.UniqueConstraint(
            "enrolment_id", "node_id", "number", name=op.f("assessments_attempt_enrolment_id_node_id_number_key")
        ),
        sa.UniqueConstraint("public_id", name=op.f("assessments_attempt_public_id_key")),
    )
    with op.batch_alter_table("assessments_attempt") as batch_op:
        batch_op.create_index(batch_op.f("assessments_attempt_closes_at_id_ix"), ["closes_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("assessments_attempt_node_id_state_ix"), ["node_id", "state"], unique=False)
        batch_op.create_index(
            batch_op.f("assessments_attempt_marker_id_state_ix"), ["marker_id", "state"], unique=False
        )

    op.create_table(
        "assessments_conflict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["cohorts_enrolment.id"],
            name=op.f("assessments_conflict_enrolment_id_fk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_person.id"], name=op.f("assessments_conflict_person_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("assessments_conflict_pk")),
        sa.UniqueConstraint("person_id", "enrolment_id", name=op.f("assessments_conflict_person_id_enrolment_id_key")),
    )
    op.create_table(
        "courses_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=True),
        sa.Column("node_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", JSON_OR_NULL, nullable=True),
        sa.Column("body", JSON, nullable=False),
        sa.CheckConstraint("(lesson_id IS NULL) = (title IS NOT NULL)", name=op.f("courses_task_lesson_or_title")),
        sa.CheckConstraint("position > 0", name=op.f("courses_task_position_positive")),
        sa.ForeignKeyConstraint(["lesson_id"], ["courses_lesson.id"], name=op.f("courses_task_lesson_id_fk")),
        sa.ForeignKeyConstraint(["module_id"], ["courses_module.id"], name=op.f("courses_task_module_id_fk")),
        sa.ForeignKeyConstraint(["version_id"], ["courses_version.id"], name=op.f("courses_task_version_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("courses_task_pk")),
        sa.UniqueConstraint("lesson_id", name=op.f("courses_task_lesson_id_key")),
        sa.UniqueConstraint("module_id", "position", name=op.f("courses_task_module_id_position_key")),
        sa.UniqueConstraint("version_id", "node_id", name=op.f("courses_task_version_id_node_id_key")),
    )
    op.create_table(
        "assessments_step",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("data", JSON_OR_NULL, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("receipt", sa.String(length=20), nullable=True),
        sa.CheckConstraint("sequence >= 0", name=op.f("assessments_step_sequence_not_negative")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["assessments_attempt.id"], name=op.f("assessments_step_attempt_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("assessments_step_pk")),
        sa.UniqueConstraint("operation_id", name=op.f("assessments_step_operation_id_key")),
        sa.UniqueConstraint("receipt", name=op.f("assessments_step_receipt_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("assessments_step") as batch_op:
        batch_op.create_index(
            batch_op.f("assessments_step_attempt_id_question_sequence_ix"),
            ["attempt_id", "question", "sequence"],
            unique=False,
        )

    with op.batch_alter_table("accounts_person") as batch_op:
        batch_op.add_column(sa.Column("marking_keys", sa.Boolean(), server_default=sa.text("true"), nullable=False))

    with op.batch_alter_table("cohorts_calendar_entry") as batch_op:
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("cohorts_cohort") as batch_op:
        batch_op.add_column(sa.Column("grace_days", sa.Integer(), server_default="3", nullable=False))
        batch_op.create_check_constraint(batch_op.f("cohorts_cohort_grace_days_not_negative"), "grace_days >= 0")

    if op.get_bind().dialect.name == "sqlite":
        # PostgreSQL gives the application no right to change a step; SQLite has no rights, so a trigger refuses.
        op.execute(
            "CREATE TRIGGER assessments_step_is_final BEFORE UPDATE ON assessments_step"
            " BEGIN SELECT RAISE(ABORT, 'a step is not changed'); END"
        )


def downgrade() -> None:
    with op.batch_alter_table("cohorts_cohort") as batch_op:
        batch_op.drop_constraint(batch_op.f("cohorts_cohort_grace_days_not_negative"), type_="check")
        batch_op.drop_column("grace_days")

    with op.batch_alter_table("cohorts_calendar_entry") as batch_op:
        batch_op.drop_column("due_at")

    with op.batch_alter_table("accounts_person") as batch_op:
        batch_op.drop_column("marking_keys")

    with op.batch_alter_table("assessments_step") as batch_op:
        batch_op.drop_index(batch_op.f("assessments_step_attempt_id_question_sequence_ix"))

    op.drop_table("assessments_step")
    op.drop_table("courses_task")
    op.drop_table("assessments_conflict")
    with op.batch_alter_table("assessments_attempt") as batch_op:
        batch_op.drop_index(batch_op.f("assessments_attempt_marker_id_state_ix"))
        batch_op.drop_index(batch_op.f("assessments_attempt_closes_at_id_ix"))
        batch_op.drop_index(batch_op.f("assessments_attempt_node_id_state_ix"))

    op.drop_table("assessments_attempt")
    with op.batch_alter_table("assessments_allowance") as batch_op:
        batch_op.drop_index(batch_op.f("assessments_allowance_enrolment_id_ix"))

    op.drop_table("assessments_allowance")
    op.drop_table("courses_rubric")
    op.drop_table("courses_item")
    op.drop_table("assessments_marker_languages")
