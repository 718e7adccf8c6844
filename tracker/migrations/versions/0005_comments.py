"""Comments on proposals."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROLES = ("chair", "director", "secretariat", "representative", "alternate", "contributor", "expert", "guest", "system")


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "remark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column(
            "scope",
            sa.Enum("secretariat", "experts", "units", "applicants", name="scope", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("open", "resolved", "retracted", name="remarkstate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("earlier", sa.JSON(), nullable=False),
        sa.Column("why_retracted", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_remark_person_id_person")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_remark_proposal_id_proposal")),
        sa.ForeignKeyConstraint(["thread_id"], ["remark.id"], name=op.f("fk_remark_thread_id_remark")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_remark_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
    )
    with op.batch_alter_table("remark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remark_proposal_id"), ["proposal_id", "thread_id", "made_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_remark_thread_id"), ["thread_id"], unique=False)


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("remark")
