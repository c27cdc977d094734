"""Create the first tables: people and keys, sessions, audit, jobs, programmes, cohorts, progress.

Revision: 0001
Follows:

Going down loses what there is: make a copy first, and restore it instead of going up again (docs/operating.md).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SCHEMA IF NOT EXISTS keystore")  # under SQLite it is the attached file
    op.create_table(
        "accounts_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("shown_name", sa.String(), nullable=False),
        sa.Column("legal_name", sa.LargeBinary(), nullable=True),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("contact_kind", sa.String(length=32), nullable=True),
        sa.Column("login_index", sa.LargeBinary(), nullable=True),
        sa.Column("passphrase_hash", sa.String(), nullable=True),
        sa.Column("interface_language", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("theme", sa.String(length=32), nullable=False),
        sa.Column("digits", sa.String(length=32), nullable=False),
        sa.Column("leave_to", sa.String(), nullable=False),
        sa.Column("exit_keys", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(login_index IS NULL) = (passphrase_hash IS NULL)",
            name=op.f("accounts_person_login_with_passphrase"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_person_pk")),
        sa.UniqueConstraint("login_index", name=op.f("accounts_person_login_index_key")),
        sa.UniqueConstraint("public_id", name=op.f("accounts_person_public_id_key")),
    )
    op.create_table(
        "accounts_sign_in_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_key", sa.LargeBinary(), nullable=False),
        sa.Column("source_key", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_sign_in_attempt_pk")),
    )
    op.create_index(op.f("accounts_sign_in_attempt_at_ix"), "accounts_sign_in_attempt", ["at"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("on_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_entry_pk")),
    )
    op.create_index(op.f("audit_entry_act_ix"), "audit_entry", ["act"], unique=False)
    op.create_table(
        "courses_programme",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("courses_programme_pk")),
        sa.UniqueConstraint("public_id", name=op.f("courses_programme_public_id_key")),
        sa.UniqueConstraint("slug", name=op.f("courses_programme_slug_key")),
    )
    op.create_table(
        "person_key",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("person_key_pk")),
        schema="keystore",
        if_not_exists=True,  # the file of keys may outlive its database
    )
    op.create_table(
        "messaging_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recurring", sa.String(), nullable=True),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("messaging_job_pk")),
        sa.UniqueConstraint("recurring", name=op.f("messaging_job_recurring_key")),
    )
    op.create_index(op.f("messaging_job_run_at_ix"), "messaging_job", ["run_at"], unique=False)
    op.create_table(
        "accounts_known_device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["accounts_person.id"],
            name=op.f("accounts_known_device_person_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_known_device_pk")),
        sa.UniqueConstraint("token_hash", name=op.f("accounts_known_device_token_hash_key")),
    )
    op.create_index(op.f("accounts_known_device_person_id_ix"), "accounts_known_device", ["person_id"], unique=False)
    op.create_table(
        "accounts_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["accounts_person.id"],
            name=op.f("accounts_invitation_person_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_invitation_pk")),
        sa.UniqueConstraint("code_hash", name=op.f("accounts_invitation_code_hash_key")),
    )
    op.create_index(op.f("accounts_invitation_person_id_ix"), "accounts_invitation", ["person_id"], unique=False)
    op.create_table(
        "accounts_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["accounts_person.id"],
            name=op.f("accounts_session_person_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_session_pk")),
        sa.UniqueConstraint("token_hash", name=op.f("accounts_session_token_hash_key")),
    )
    op.create_index(op.f("accounts_session_person_id_ix"), "accounts_session", ["person_id"], unique=False)
    op.create_table(
        "courses_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by_id", sa.Integer(), nullable=True),
        sa.Column("title", JSON, nullable=False),
        sa.Column("summary", JSON, nullable=False),
        sa.Column("required_languages", JSON, nullable=False),
        sa.Column("allowed_languages", JSON, nullable=False),
        sa.Column("naming", sa.String(length=32), nullable=False),
        sa.Column("address", JSON, nullable=False),
        sa.Column("completion", JSON, nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("courses_version_number_positive")),
        sa.ForeignKeyConstraint(
            ["imported_by_id"],
            ["accounts_person.id"],
            name=op.f("courses_version_imported_by_id_fk"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["courses_programme.id"], name=op.f("courses_version_programme_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("courses_version_pk")),
        sa.UniqueConstraint("programme_id", "number", name=op.f("courses_version_programme_id_number_key")),
        sa.UniqueConstraint("public_id", name=op.f("courses_version_public_id_key")),
    )
    op.create_table(
        "cohorts_cohort",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("title", JSON, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("cohorts_cohort_starts_before_it_ends")),
        sa.ForeignKeyConstraint(["version_id"], ["courses_version.id"], name=op.f("cohorts_cohort_version_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("cohorts_cohort_pk")),
        sa.UniqueConstraint("public_id", name=op.f("cohorts_cohort_public_id_key")),
    )
    op.create_table(
        "courses_module",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", JSON, nullable=False),
        sa.Column("summary", JSON, nullable=False),
        sa.Column("objectives", JSON, nullable=False),
        sa.CheckConstraint("position > 0", name=op.f("courses_module_position_positive")),
        sa.ForeignKeyConstraint(["version_id"], ["courses_version.id"], name=op.f("courses_module_version_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("courses_module_pk")),
        sa.UniqueConstraint("version_id", "node_id", name=op.f("courses_module_version_id_node_id_key")),
        sa.UniqueConstraint("version_id", "position", name=op.f("courses_module_version_id_position_key")),
    )
    op.create_table(
        "courses_source_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["courses_version.id"], name=op.f("courses_source_file_version_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("courses_source_file_pk")),
        sa.UniqueConstraint("version_id", "path", name=op.f("courses_source_file_version_id_path_key")),
    )
    op.create_table(
        "accounts_role_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=True),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["cohort_id"],
            ["cohorts_cohort.id"],
            name=op.f("accounts_role_grant_cohort_id_fk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["accounts_person.id"],
            name=op.f("accounts_role_grant_person_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_role_grant_pk")),
    )
    op.create_index(op.f("accounts_role_grant_cohort_id_ix"), "accounts_role_grant", ["cohort_id"], unique=False)
    op.create_index(op.f("accounts_role_grant_person_id_ix"), "accounts_role_grant", ["person_id"], unique=False)
    op.create_table(
        "cohorts_calendar_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=40), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["cohort_id"],
            ["cohorts_cohort.id"],
            name=op.f("cohorts_calendar_entry_cohort_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cohorts_calendar_entry_pk")),
        sa.UniqueConstraint("cohort_id", "node_id", name=op.f("cohorts_calendar_entry_cohort_id_node_id_key")),
        sa.UniqueConstraint("public_id", name=op.f("cohorts_calendar_entry_public_id_key")),
    )
    op.create_table(
        "cohorts_enrolment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("course_language", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"],
            ["cohorts_cohort.id"],
            name=op.f("cohorts_enrolment_cohort_id_fk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["accounts_person.id"],
            name=op.f("cohorts_enrolment_person_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cohorts_enrolment_pk")),
        sa.UniqueConstraint("cohort_id", "alias", name=op.f("cohorts_enrolment_cohort_id_alias_key")),
        sa.UniqueConstraint("cohort_id", "person_id", name=op.f("cohorts_enrolment_cohort_id_person_id_key")),
        sa.UniqueConstraint("public_id", name=op.f("cohorts_enrolment_public_id_key")),
    )
    op.create_index(op.f("cohorts_enrolment_person_id_ix"), "cohorts_enrolment", ["person_id"], unique=False)
    op.create_table(
        "courses_lesson",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("safety", sa.Boolean(), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("courses_lesson_minutes_positive")),
        sa.CheckConstraint("position > 0", name=op.f("courses_lesson_position_positive")),
        sa.ForeignKeyConstraint(["module_id"], ["courses_module.id"], name=op.f("courses_lesson_module_id_fk")),
        sa.ForeignKeyConstraint(["version_id"], ["courses_version.id"], name=op.f("courses_lesson_version_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("courses_lesson_pk")),
        sa.UniqueConstraint("module_id", "position", name=op.f("courses_lesson_module_id_position_key")),
        sa.UniqueConstraint("version_id", "node_id", name=op.f("courses_lesson_version_id_node_id_key")),
    )
    op.create_table(
        "courses_lesson_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("headings", JSON, nullable=False),
        sa.Column("words", JSON, nullable=False),
        sa.Column("sources", JSON, nullable=False),
        sa.Column("content_note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["lesson_id"], ["courses_lesson.id"], name=op.f("courses_lesson_text_lesson_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("courses_lesson_text_pk")),
        sa.UniqueConstraint("lesson_id", "language", name=op.f("courses_lesson_text_lesson_id_language_key")),
    )
    op.create_table(
        "modules_progress",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=40), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["cohorts_enrolment.id"],
            name=op.f("modules_progress_enrolment_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("modules_progress_pk")),
        sa.UniqueConstraint("enrolment_id", "node_id", name=op.f("modules_progress_enrolment_id_node_id_key")),
    )
    if op.get_bind().dialect.name == "sqlite":
        # PostgreSQL says the same by what it grants to the application's role (lms.kernel.migrations).
        op.execute(
            "CREATE TRIGGER audit_entry_is_final BEFORE UPDATE ON audit_entry"
            " BEGIN SELECT RAISE(ABORT, 'a recorded deed is not changed'); END"
        )
        op.execute(
            "CREATE TRIGGER audit_entry_is_kept BEFORE DELETE ON audit_entry"
            " BEGIN SELECT RAISE(ABORT, 'a recorded deed is not deleted'); END"
        )


def downgrade() -> None:
    op.drop_table("modules_progress")
    op.drop_table("courses_lesson_text")
    op.drop_table("courses_lesson")
    op.drop_index(op.f("cohorts_enrolment_person_id_ix"), table_name="cohorts_enrolment")
    op.drop_table("cohorts_enrolment")
    op.drop_table("cohorts_calendar_entry")
    op.drop_index(op.f("accounts_role_grant_person_id_ix"), table_name="accounts_role_grant")
    op.drop_index(op.f("accounts_role_grant_cohort_id_ix"), table_name="accounts_role_grant")
    op.drop_table("accounts_role_grant")
    op.drop_table("courses_source_file")
    op.drop_table("courses_module")
    op.drop_table("cohorts_cohort")
    op.drop_table("courses_version")
    op.drop_index(op.f("accounts_session_person_id_ix"), table_name="accounts_session")
    op.drop_table("accounts_session")
    op.drop_index(op.f("accounts_invitation_person_id_ix"), table_name="accounts_invitation")
    op.drop_table("accounts_known_device")
    op.drop_table("accounts_invitation")
    op.drop_index(op.f("messaging_job_run_at_ix"), table_name="messaging_job")
    op.drop_table("messaging_job")
    op.drop_table("person_key", schema="keystore")
    op.drop_table("courses_programme")
    op.drop_index(op.f("audit_entry_act_ix"), table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index(op.f("accounts_sign_in_attempt_at_ix"), table_name="accounts_sign_in_attempt")
    op.drop_table("accounts_sign_in_attempt")
    op.drop_table("accounts_person")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP SCHEMA IF EXISTS keystore")
