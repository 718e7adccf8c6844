"""How people want to be written to, and the e-mails themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0012"
branch_labels = None
depends_on = None
KINDS = ("account", "ballot", "returned", "decision", "reporting", "reviewing", "own", "reports", "comments", "desk", "followed", "committee")


def _kind() -> sa.Enum:
    return sa.Enum(*KINDS, name="noticekind", native_enum=False, create_constraint=True, length=32)


def _pace() -> sa.Enum:
    return sa.Enum("instant", "digest", "off", name="pace", native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Bring the schema forward."""
    states = sa.Enum("waiting", "sent", "bounced", "failed", "dropped", name="mailstate", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "mail_choice",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("pace", _pace(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mail_choice_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_mail_choice")),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", _kind(), nullable=True),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("standing", states, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mail_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_id")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_standing_due_at"), ["standing", "due_at"], unique=False)
    op.create_table(
        "mailing",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("pace", _pace(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_mailing_mail_id_mail")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_mailing_notice_id_notice")),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_mailing")),
    )
    with op.batch_alter_table("mailing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mailing_mail_id"), ["mail_id"], unique=False)


def downgrade() -> None:
    """Take the schema back: what was sent is no longer on record."""
    op.drop_table("mailing")
    op.drop_table("mail")
    op.drop_table("mail_choice")
