"""A head from a notice is looked up by its hash, so hashes of events have an index."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_index(op.f("ix_event_hash"), "event", ["hash"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_event_hash"), table_name="event")
