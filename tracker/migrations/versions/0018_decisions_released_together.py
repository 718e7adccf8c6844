"""Decisions that are held until all of a year are released together."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROLES = ("chair", "director", "secretariat", "representative", "alternate", "contributor", "expert", "guest", "system")
KINDS = ("approve", "approve_with_changes", "defer", "reject")


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.add_column(sa.Column("release_together", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    roles = sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "held_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, name="decisionkind", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("changes_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", roles, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_held_decision_person_id_person")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_held_decision_programme_id_programme")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_held_decision_proposal_id_proposal")),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_held_decision_seat_id_seat")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_decision")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_held_decision_proposal_id")),
    )
    with op.batch_alter_table("held_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_held_decision_programme_id"), ["programme_id"], unique=False)


def downgrade() -> None:
    """Take it back: what is held counts as not yet decided."""
    with op.batch_alter_table("held_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_held_decision_programme_id"))
    op.drop_table("held_decision")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_column("released_at")
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.drop_column("release_together")
