"""What each partner unit was asked, and what it answered."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("partner", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("asked_share", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("answer", sa.Enum("confirmed", "declined", name="answer", native_enum=False, create_constraint=False, length=32), nullable=True)
        )
        batch_op.add_column(sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("answered_by", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_partner_answer"), "answer IN ('confirmed', 'declined')")
        batch_op.create_foreign_key(op.f("fk_partner_answered_by_person"), "person", ["answered_by"], ["id"])


def downgrade() -> None:
    """Take it back: every answer is forgotten."""
    with op.batch_alter_table("partner", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_partner_answer"), type_="check")
        batch_op.drop_constraint(op.f("fk_partner_answered_by_person"), type_="foreignkey")
        for name in ("answered_by", "answered_at", "answer", "asked_share", "asked_at"):
            batch_op.drop_column(name)
