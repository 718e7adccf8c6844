"""Review by experts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATES = ("draft", "submitted", "returned", "screened", "in_ballot", "balloted", "approved", "deferred", "rejected", "not_accepted", "withdrawn")
NEW_STATES = (*STATES[:4], "in_review", "reviewed", *STATES[4:])
PHASES = ("submission", "screening", "voting", "decision")
NEW_PHASES = (*PHASES[:2], "review", *PHASES[2:])


def _allow(table: str, column: str, name: str, codes: tuple[str, ...]) -> None:
    """Let a closed set hold these codes."""
    constraint = f"ck_{table}_{name}"
    quoted = ", ".join(f"'{code}'" for code in codes)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(constraint), type_="check")
        batch_op.create_check_constraint(op.f(constraint), f"{column} IN ({quoted})")


def upgrade() -> None:
    """Bring the schema forward."""
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    states = ("asked", "accepted", "draft", "submitted", "declined", "conflicted", "removed")
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Enum(*states, name="reviewstate", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("content", json, nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_review_person_id_person")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_review_proposal_id_proposal")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_review_version_id_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("proposal_id", "person_id", name=op.f("uq_review_proposal_id_person_id")),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_person_id"), ["person_id"], unique=False)

    op.create_table(
        "review_submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("content", json, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_submission_review_id_review")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_review_submission_version_id_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_submission")),
        sa.UniqueConstraint("review_id", "number", name=op.f("uq_review_submission_review_id_number")),
    )
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.add_column(sa.Column("review", json, server_default="{}", nullable=False))
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("review_begun_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("review_summary", json, nullable=True))
    _allow("proposal", "state", "proposalstate", NEW_STATES)
    _allow("phase", "kind", "phasekind", NEW_PHASES)


def downgrade() -> None:
    """Take it back: what was in review has only passed the formal check then, and the windows of reviews are gone."""
    op.execute("UPDATE proposal SET state = 'screened' WHERE state IN ('in_review', 'reviewed')")
    op.execute("DELETE FROM phase WHERE kind = 'review'")
    _allow("phase", "kind", "phasekind", PHASES)
    _allow("proposal", "state", "proposalstate", STATES)
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_column("review_summary")
        batch_op.drop_column("reviewed_at")
        batch_op.drop_column("review_begun_at")
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.drop_column("review")
    op.drop_table("review_submission")
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_person_id"))

    op.drop_table("review")
