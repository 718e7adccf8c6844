"""Late passes, and which proposal was submitted by one."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    states = sa.Enum("valid", "used_up", "over", "revoked", name="passstate", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "late_pass",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("used >= 0 AND used <= uses", name=op.f("ck_late_pass_uses_not_exceeded")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_late_pass_programme_id_programme")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_late_pass_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_pass")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_late_pass_token_hash")),
    )
    with op.batch_alter_table("late_pass", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_late_pass_programme_id"), ["programme_id"], unique=False)
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.add_column(sa.Column("passes_until", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("late_pass_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_proposal_late_pass_id_late_pass"), "late_pass", ["late_pass_id"], ["id"])


def downgrade() -> None:
    """Take it back: what was submitted late is no longer marked so."""
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_proposal_late_pass_id_late_pass"), type_="foreignkey")
        batch_op.drop_column("late_pass_id")
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.drop_column("passes_until")
    with op.batch_alter_table("late_pass", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_late_pass_programme_id"))
    op.drop_table("late_pass")
