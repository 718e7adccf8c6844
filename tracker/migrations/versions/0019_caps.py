"""Caps on proposals, and the exceptions to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward. What was submitted before counts under nobody's name until it is submitted again."""
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.add_column(sa.Column("caps", json, nullable=False, server_default="{}"))
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("investigator_key", sa.String(length=120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("cap_waiver", json, nullable=True))
        batch_op.create_index("ix_proposal_investigator_key", ["investigator_key"], unique=False)


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index("ix_proposal_investigator_key")
        batch_op.drop_column("cap_waiver")
        batch_op.drop_column("investigator_key")
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.drop_column("caps")
