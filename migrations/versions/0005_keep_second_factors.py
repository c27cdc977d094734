"""Keep second factors, what was shown in a session, and how a person wants to be kept safe.

Revision: 0005
Follows: 0004

Code of 0004 can work beside it: each new column has a value of its own. Going down loses what stands in the new tables
and columns, second factors and recovery codes among it: make a copy first. Whoever had a passkey and no passphrase
cannot sign in then until she is invited anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LOGIN = "login_with_passphrase"
OF_PERSON = ("stands_alone", "locks_after", "closed_until", "locked_at")


def upgrade() -> None:
    with op.batch_alter_table("accounts_person") as table:
        table.add_column(sa.Column("stands_alone", sa.Boolean(), server_default=sa.true(), nullable=False))
        table.add_column(sa.Column("locks_after", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
        table.add_column(sa.Column("closed_until", sa.Date(), nullable=True))
        table.add_column(sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True))
        table.drop_constraint(op.f(f"accounts_person_{LOGIN}"), type_="check")
        table.create_check_constraint(LOGIN, "passphrase_hash IS NULL OR login_index IS NOT NULL")
    op.add_column(
        "accounts_session", sa.Column("proof", sa.String(length=32), server_default="passphrase", nullable=False)
    )
    op.add_column("cohorts_enrolment", sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("accounts_session", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("accounts_session", sa.Column("name", sa.LargeBinary(), nullable=True))
    op.create_table(
        "accounts_first_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        _person(),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        _of_person("accounts_first_step"),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_first_step_pk")),
        sa.UniqueConstraint("token_hash", name=op.f("accounts_first_step_token_hash_key")),
    )
    op.create_index(op.f("accounts_first_step_person_id_ix"), "accounts_first_step", ["person_id"])
    op.create_table(
        "accounts_passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        _person(),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("added_on", sa.Date(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=True),
        _of_person("accounts_passkey"),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_passkey_pk")),
        sa.UniqueConstraint("credential_id", name=op.f("accounts_passkey_credential_id_key")),
        sa.UniqueConstraint("public_id", name=op.f("accounts_passkey_public_id_key")),
    )
    op.create_index(op.f("accounts_passkey_person_id_ix"), "accounts_passkey", ["person_id"])
    op.create_table(
        "accounts_app",
        _person(),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("added_on", sa.Date(), nullable=False),
        _of_person("accounts_app"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("accounts_app_pk")),
    )
    op.create_table(
        "accounts_recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        _person(),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=True),
        _of_person("accounts_recovery_code"),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_recovery_code_pk")),
        sa.UniqueConstraint("person_id", "digest", name=op.f("accounts_recovery_code_person_id_digest_key")),
    )
    op.create_table(
        "accounts_answered_question",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("accounts_answered_question_pk")),
    )


def _person() -> sa.Column[int]:
    return sa.Column("person_id", sa.Integer(), nullable=False)


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"{table}_person_id_fk")
    return sa.ForeignKeyConstraint(["person_id"], ["accounts_person.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    for name in ("answered_question", "recovery_code", "app", "passkey", "first_step"):
        op.drop_table(f"accounts_{name}")
    op.drop_column("cohorts_enrolment", "hidden_at")
    for column in ("name", "proven_at", "proof"):
        op.drop_column("accounts_session", column)
    op.execute("UPDATE accounts_person SET login_index = NULL WHERE passphrase_hash IS NULL")
    with op.batch_alter_table("accounts_person") as table:
        table.drop_constraint(op.f(f"accounts_person_{LOGIN}"), type_="check")
        table.create_check_constraint(LOGIN, "(login_index IS NULL) = (passphrase_hash IS NULL)")
        for column in reversed(OF_PERSON):
            table.drop_column(column)
