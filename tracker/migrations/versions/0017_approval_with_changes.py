"""Approvals that ask for changes."""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STATES = (
    "draft",
    "submitted",
    "returned",
    "screened",
    "in_review",
    "reviewed",
    "in_ballot",
    "balloted",
    "approved",
    "deferred",
    "rejected",
    "not_accepted",
    "merged",
    "withdrawn",
)
KINDS = ("approve", "defer", "reject")


def _allow(batch_op: BatchOperations, name: str, column: str, codes: tuple[str, ...]) -> None:
    """Let a column hold one of these codes."""
    quoted = ", ".join(f"'{code}'" for code in codes)
    batch_op.drop_constraint(op.f(name), type_="check")
    batch_op.create_check_constraint(op.f(name), f"{column} IN ({quoted})")


def upgrade() -> None:
    """Bring the schema forward."""
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("owes", json, nullable=True))
        _allow(batch_op, "ck_proposal_proposalstate", "state", (*STATES, "approved_with_changes"))
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changes", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("changes_due_at", sa.DateTime(timezone=True), nullable=True))
        _allow(batch_op, "ck_decision_decisionkind", "kind", (*KINDS, "approve_with_changes"))


def downgrade() -> None:
    """Take it back: what was approved with changes counts as approved then."""
    op.execute("UPDATE proposal SET state = 'approved' WHERE state = 'approved_with_changes'")
    op.execute("UPDATE decision SET kind = 'approve' WHERE kind = 'approve_with_changes'")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        _allow(batch_op, "ck_decision_decisionkind", "kind", KINDS)
        batch_op.drop_column("changes_due_at")
        batch_op.drop_column("changes")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        _allow(batch_op, "ck_proposal_proposalstate", "state", STATES)
        batch_op.drop_column("owes")
