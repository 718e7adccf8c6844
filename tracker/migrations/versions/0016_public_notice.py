"""Public notice of projects, and objections to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    states = sa.Enum("filed", "dismissed", "upheld", "set_aside", name="objectionstate", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "objection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("chair_reason", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_objection_person_id_person")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_objection_project_id_project")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_objection_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
    )
    with op.batch_alter_table("objection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_objection_project_id"), ["project_id"], unique=False)
    op.add_column("programme", sa.Column("public_notice", json, server_default="{}", nullable=False))
    op.add_column("project", sa.Column("notice_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("project", sa.Column("objections_waiting", sa.Integer(), server_default="0", nullable=False))
    op.add_column("project", sa.Column("objections_upheld", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take the schema back."""
    for name in ("objections_upheld", "objections_waiting", "notice_until"):
        op.drop_column("project", name)
    op.drop_column("programme", "public_notice")
    op.drop_table("objection")
