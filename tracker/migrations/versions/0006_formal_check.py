"""The formal check: its points per year, the sheet of each proposal, and the deadline of a return."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.add_column(sa.Column("screening", json, server_default="{}", nullable=False))
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("screening", json, nullable=True))
        batch_op.add_column(sa.Column("return_due_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take it back: sheets and deadlines are gone then, what events say of them stays."""
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_column("return_due_at")
        batch_op.drop_column("screening")
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.drop_column("screening")
