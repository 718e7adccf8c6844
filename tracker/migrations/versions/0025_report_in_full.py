"""The computed light and the progress of a quarter, frozen at handing in."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

LIGHTS = ("green", "yellow", "red", "grey")


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("report") as table:
        table.add_column(sa.Column("computed_light", sa.Enum(*LIGHTS, name="computed_light", native_enum=False, create_constraint=True, length=32)))
        table.add_column(sa.Column("progress", sa.Integer()))
        table.add_column(sa.Column("expected_progress", sa.Integer()))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("report") as table:
        table.drop_column("expected_progress")
        table.drop_column("progress")
        table.drop_constraint(op.f("ck_report_computed_light"), type_="check")
        table.drop_column("computed_light")
