"""Forms of programmes, in numbered versions that never change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0013"
branch_labels = None
depends_on = None

BOUND = ("proposal", "version")


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "form_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_form_version_made_by_person")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_form_version_programme_id_programme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_version")),
        sa.UniqueConstraint("programme_id", "number", name=op.f("uq_form_version_programme_id_number")),
    )
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.add_column(sa.Column("form_number", sa.Integer(), server_default="1", nullable=False))
    for table in BOUND:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("form_version_id", sa.Integer(), nullable=True))
            batch_op.create_foreign_key(op.f(f"fk_{table}_form_version_id_form_version"), "form_version", ["form_version_id"], ["id"])


def downgrade() -> None:
    """Take it back: every proposal has the form that the program ships then."""
    for table in reversed(BOUND):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(op.f(f"fk_{table}_form_version_id_form_version"), type_="foreignkey")
            batch_op.drop_column("form_version_id")
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.drop_column("form_number")
    op.drop_table("form_version")
