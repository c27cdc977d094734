"""Create what a year needs: groups, lists of people, facts and moves, requests for time, completion, certificates.

Revision: 0003
Follows: 0002

Going down loses what only these tables and columns hold, certificates among it: make a copy first, and restore it
instead of going up again (docs/operating.md).

Code of 0002 cannot make a cohort beside it, because it does not know the settings of one: stop it before.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
JSON_OR_NULL = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "cohorts_feed",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_person.id"], name=op.f("cohorts_feed_person_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("cohorts_feed_pk")),
        sa.UniqueConstraint("token_hash", name=op.f("cohorts_feed_token_hash_key")),
    )
    op.create_table(
        "cohorts_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("facilitator_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts_cohort.id"], name=op.f("cohorts_group_cohort_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["facilitator_id"],
            ["accounts_person.id"],
            name=op.f("cohorts_group_facilitator_id_fk"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cohorts_group_pk")),
        sa.UniqueConstraint("cohort_id", "number", name=op.f("cohorts_group_cohort_id_number_key")),
        sa.UniqueConstraint("public_id", name=op.f("cohorts_group_public_id_key")),
    )
    op.create_table(
        "cohorts_sending",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["accounts_person.id"], name=op.f("cohorts_sending_asked_by_id_fk"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts_cohort.id"], name=op.f("cohorts_sending_cohort_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"],
            ["accounts_person.id"],
            name=op.f("cohorts_sending_answered_by_id_fk"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cohorts_sending_pk")),
        sa.UniqueConstraint("public_id", name=op.f("cohorts_sending_public_id_key")),
    )
    op.create_index(op.f("cohorts_sending_cohort_id_ix"), "cohorts_sending", ["cohort_id"], unique=False)
    op.create_table(
        "cohorts_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("faulty", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["accounts_person.id"], name=op.f("cohorts_upload_by_id_fk"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"],
            ["accounts_person.id"],
            name=op.f("cohorts_upload_confirmed_by_id_fk"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts_cohort.id"], name=op.f("cohorts_upload_cohort_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cohorts_upload_pk")),
        sa.UniqueConstraint("public_id", name=op.f("cohorts_upload_public_id_key")),
    )
    op.create_index(op.f("cohorts_upload_cohort_id_ix"), "cohorts_upload", ["cohort_id"], unique=False)
    op.create_table(
        "cohorts_upload_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=True),
        sa.Column("mark", sa.LargeBinary(), nullable=True),
        sa.Column("course_language", sa.String(length=8), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("has_contact", sa.Boolean(), nullable=False),
        sa.Column("faults", JSON_OR_NULL, nullable=True),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["cohorts_upload.id"], name=op.f("cohorts_upload_row_upload_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cohorts_upload_row_pk")),
        sa.UniqueConstraint("upload_id", "number", name=op.f("cohorts_upload_row_upload_id_number_key")),
    )
    op.create_table(
        "assessments_time_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(length=40), nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["cohorts_enrolment.id"],
            name=op.f("assessments_time_request_enrolment_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("assessments_time_request_pk")),
        sa.UniqueConstraint("public_id", name=op.f("assessments_time_request_public_id_key")),
    )
    op.create_index(
        "assessments_time_request_open_key",
        "assessments_time_request",
        ["enrolment_id", "node_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("assessments_time_request_state_ix"), "assessments_time_request", ["state"], unique=False)
    op.create_table(
        "certificates_completion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=True),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("course", JSON, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("held_from", sa.Date(), nullable=False),
        sa.Column("held_to", sa.Date(), nullable=False),
        sa.Column("rule", JSON, nullable=False),
        sa.Column("requirements", JSON, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["cohorts_enrolment.id"],
            name=op.f("certificates_completion_enrolment_id_fk"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_person.id"], name=op.f("certificates_completion_person_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("certificates_completion_pk")),
        sa.UniqueConstraint("enrolment_id", name=op.f("certificates_completion_enrolment_id_key")),
    )
    op.create_index(
        op.f("certificates_completion_person_id_ix"), "certificates_completion", ["person_id"], unique=False
    )
    op.create_table(
        "cohorts_fact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("session", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["cohorts_enrolment.id"], name=op.f("cohorts_fact_enrolment_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cohorts_fact_pk")),
        sa.UniqueConstraint("public_id", name=op.f("cohorts_fact_public_id_key")),
    )
    op.create_index(
        "cohorts_fact_counted_key",
        "cohorts_fact",
        ["enrolment_id", "kind", "session"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "cohorts_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("move", sa.String(length=32), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["cohorts_enrolment.id"], name=op.f("cohorts_move_enrolment_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cohorts_move_pk")),
    )
    op.create_index(op.f("cohorts_move_enrolment_id_ix"), "cohorts_move", ["enrolment_id"], unique=False)
    op.create_table(
        "cohorts_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("node_id", sa.String(length=40), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["cohorts_enrolment.id"], name=op.f("cohorts_notice_enrolment_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cohorts_notice_pk")),
        sa.UniqueConstraint("public_id", name=op.f("cohorts_notice_public_id_key")),
    )
    op.create_index(op.f("cohorts_notice_enrolment_id_ix"), "cohorts_notice", ["enrolment_id"], unique=False)
    op.create_table(
        "cohorts_telling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=120), nullable=False),
        sa.Column("said", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["cohorts_enrolment.id"], name=op.f("cohorts_telling_enrolment_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cohorts_telling_pk")),
        sa.UniqueConstraint("enrolment_id", "mark", name=op.f("cohorts_telling_enrolment_id_mark_key")),
    )
    op.create_table(
        "cohorts_origin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts_cohort.id"], name=op.f("cohorts_origin_cohort_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["cohorts_enrolment.id"], name=op.f("cohorts_origin_enrolment_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cohorts_origin_pk")),
        sa.UniqueConstraint("cohort_id", "mark", name=op.f("cohorts_origin_cohort_id_mark_key")),
    )
    op.create_index(op.f("cohorts_origin_enrolment_id_ix"), "cohorts_origin", ["enrolment_id"], unique=False)
    op.create_table(
        "certificates_certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("completion_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("named", sa.String(length=32), nullable=False),
        sa.Column("shown", sa.String(length=32), nullable=False),
        sa.Column("qr", sa.String(length=32), nullable=False),
        sa.Column("has_title", sa.Boolean(), nullable=False),
        sa.Column("languages", JSON, nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("edition > 0", name=op.f("certificates_certificate_edition_positive")),
        sa.ForeignKeyConstraint(
            ["completion_id"],
            ["certificates_completion.id"],
            name=op.f("certificates_certificate_completion_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("certificates_certificate_pk")),
        sa.UniqueConstraint("code_hash", name=op.f("certificates_certificate_code_hash_key")),
        sa.UniqueConstraint(
            "completion_id", "edition", name=op.f("certificates_certificate_completion_id_edition_key")
        ),
        sa.UniqueConstraint("public_id", name=op.f("certificates_certificate_public_id_key")),
    )
    op.create_index(
        "certificates_certificate_valid_key",
        "certificates_certificate",
        ["completion_id"],
        unique=True,
        sqlite_where=sa.text("state = 'valid'"),
        postgresql_where=sa.text("state = 'valid'"),
    )
    op.create_table(
        "certificates_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("page", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificates_certificate.id"],
            name=op.f("certificates_document_certificate_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("certificates_document_pk")),
        sa.UniqueConstraint(
            "certificate_id", "language", name=op.f("certificates_document_certificate_id_language_key")
        ),
    )
    op.add_column("accounts_invitation", sa.Column("seed", sa.LargeBinary(), nullable=True))
    op.add_column("accounts_person", sa.Column("contact_index", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("accounts_person_contact_index_ix"), "accounts_person", ["contact_index"], unique=False)
    op.add_column("messaging_job", sa.Column("person_id", sa.Integer(), nullable=True))
    op.add_column("messaging_job", sa.Column("cohort_id", sa.Integer(), nullable=True))
    op.create_index(op.f("messaging_job_cohort_id_id_ix"), "messaging_job", ["cohort_id", "id"], unique=False)
    op.drop_index(op.f("messaging_job_run_at_ix"), table_name="messaging_job")
    op.create_index(
        "messaging_job_waiting_ix",
        "messaging_job",
        ["run_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    _add_settings()
    with op.batch_alter_table("cohorts_enrolment") as table:
        table.add_column(sa.Column("group_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("sending_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("background", sa.LargeBinary(), nullable=True))
        table.create_foreign_key(
            op.f("cohorts_enrolment_group_id_fk"), "cohorts_group", ["group_id"], ["id"], ondelete="SET NULL"
        )
        table.create_foreign_key(
            op.f("cohorts_enrolment_sending_id_fk"), "cohorts_sending", ["sending_id"], ["id"], ondelete="SET NULL"
        )
        table.create_index(op.f("cohorts_enrolment_group_id_ix"), ["group_id"], unique=False)
        table.create_index(op.f("cohorts_enrolment_sending_id_ix"), ["sending_id"], unique=False)
    # Whoever has a place already has come.
    op.execute("UPDATE cohorts_enrolment SET agreed_at = since_at")


def _add_settings() -> None:
    """A cohort gets its own settings; those that are there follow their version."""
    with op.batch_alter_table("cohorts_cohort") as table:
        table.add_column(sa.Column("places", sa.Integer(), nullable=False, server_default="24"))
        table.add_column(sa.Column("languages", JSON, nullable=True))
        table.add_column(sa.Column("naming", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("completion", JSON, nullable=True))
        table.add_column(sa.Column("hours", sa.Integer(), nullable=True))
        table.add_column(sa.Column("changes", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    _follow_versions()
    with op.batch_alter_table("cohorts_cohort") as table:
        table.alter_column("places", existing_type=sa.Integer(), server_default=None)
        table.alter_column("languages", existing_type=JSON, nullable=False)
        table.alter_column("naming", existing_type=sa.String(length=32), nullable=False)
        table.alter_column("completion", existing_type=JSON, nullable=False)
        table.create_check_constraint(op.f("cohorts_cohort_places_positive"), "places > 0")


def _follow_versions() -> None:
    cohort = sa.table(
        "cohorts_cohort", sa.column("id"), sa.column("version_id"), sa.column("naming"),
        sa.column("languages", JSON), sa.column("completion", JSON),
    )  # fmt: skip
    version = sa.table(
        "courses_version", sa.column("id"), sa.column("naming"), sa.column("required_languages", JSON),
        sa.column("allowed_languages", JSON), sa.column("completion", JSON),
    )  # fmt: skip
    connection = op.get_bind()
    rows = connection.execute(sa.select(cohort.c.id, version).join(version, version.c.id == cohort.c.version_id))
    for row in rows.all():
        connection.execute(
            cohort.update()
            .where(cohort.c.id == row[0])
            .values(
                languages=[*row.required_languages, *row.allowed_languages],
                naming=row.naming,
                completion=row.completion,
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("cohorts_enrolment") as table:
        table.drop_constraint(op.f("cohorts_enrolment_group_id_fk"), type_="foreignkey")
        table.drop_constraint(op.f("cohorts_enrolment_sending_id_fk"), type_="foreignkey")
        table.drop_index(op.f("cohorts_enrolment_group_id_ix"))
        table.drop_index(op.f("cohorts_enrolment_sending_id_ix"))
        for column in ("background", "agreed_at", "released_at", "sending_id", "group_id"):
            table.drop_column(column)
    with op.batch_alter_table("cohorts_cohort") as table:
        table.drop_constraint(op.f("cohorts_cohort_places_positive"), type_="check")
        for column in ("closed_at", "changes", "hours", "completion", "naming", "languages", "places"):
            table.drop_column(column)
    op.drop_index("messaging_job_waiting_ix", table_name="messaging_job")
    op.create_index(op.f("messaging_job_run_at_ix"), "messaging_job", ["run_at"], unique=False)
    op.drop_index(op.f("messaging_job_cohort_id_id_ix"), table_name="messaging_job")
    op.drop_column("messaging_job", "cohort_id")
    op.drop_column("messaging_job", "person_id")
    op.drop_index(op.f("accounts_person_contact_index_ix"), table_name="accounts_person")
    op.drop_column("accounts_person", "contact_index")
    op.drop_column("accounts_invitation", "seed")
    op.drop_table("certificates_document")
    op.drop_index(
        "certificates_certificate_valid_key",
        table_name="certificates_certificate",
        sqlite_where=sa.text("state = 'valid'"),
        postgresql_where=sa.text("state = 'valid'"),
    )
    op.drop_table("certificates_certificate")
    op.drop_index(op.f("cohorts_origin_enrolment_id_ix"), table_name="cohorts_origin")
    op.drop_table("cohorts_origin")
    op.drop_table("cohorts_telling")
    op.drop_index(op.f("cohorts_notice_enrolment_id_ix"), table_name="cohorts_notice")
    op.drop_table("cohorts_notice")
    op.drop_index(op.f("cohorts_move_enrolment_id_ix"), table_name="cohorts_move")
    op.drop_table("cohorts_move")
    op.drop_index(
        "cohorts_fact_counted_key",
        table_name="cohorts_fact",
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.drop_table("cohorts_fact")
    op.drop_index(op.f("certificates_completion_person_id_ix"), table_name="certificates_completion")
    op.drop_table("certificates_completion")
    op.drop_index(op.f("assessments_time_request_state_ix"), table_name="assessments_time_request")
    op.drop_index(
        "assessments_time_request_open_key",
        table_name="assessments_time_request",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("assessments_time_request")
    op.drop_table("cohorts_upload_row")
    op.drop_index(op.f("cohorts_upload_cohort_id_ix"), table_name="cohorts_upload")
    op.drop_table("cohorts_upload")
    op.drop_index(op.f("cohorts_sending_cohort_id_ix"), table_name="cohorts_sending")
    op.drop_table("cohorts_sending")
    op.drop_table("cohorts_group")
    op.drop_table("cohorts_feed")
