"""Proposals merged into others."""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
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
    "withdrawn",
)
NEW_STATES = (*STATES[:-1], "merged", STATES[-1])


def _allow(batch_op: BatchOperations, codes: tuple[str, ...]) -> None:
    """Let the state of a proposal be one of these."""
    quoted = ", ".join(f"'{code}'" for code in codes)
    batch_op.drop_constraint(op.f("ck_proposal_proposalstate"), type_="check")
    batch_op.create_check_constraint(op.f("ck_proposal_proposalstate"), f"state IN ({quoted})")


def upgrade() -> None:
    """Bring the schema forward."""
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("took_in", json, nullable=True))
        batch_op.create_foreign_key(op.f("fk_proposal_merged_into_id_proposal"), "proposal", ["merged_into_id"], ["id"])
        _allow(batch_op, NEW_STATES)


def downgrade() -> None:
    """Take it back: what was merged counts as not accepted then."""
    op.execute("UPDATE proposal SET state = 'not_accepted' WHERE state = 'merged'")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        _allow(batch_op, STATES)
        batch_op.drop_constraint(op.f("fk_proposal_merged_into_id_proposal"), type_="foreignkey")
        batch_op.drop_column("took_in")
        batch_op.drop_column("merged_into_id")
