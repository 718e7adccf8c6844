"""Find things by their words."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEX = "CREATE VIRTUAL TABLE search_words USING fts5(words, content='search_text', content_rowid='id', tokenize=\"unicode61 remove_diacritics 0\")"
ADD = "INSERT INTO search_words(rowid, words) VALUES (new.id, new.words);"
DROP = "INSERT INTO search_words(search_words, rowid, words) VALUES ('delete', old.id, old.words);"
TRIGGERS = {
    "search_text_added": f"AFTER INSERT ON search_text BEGIN {ADD} END",
    "search_text_removed": f"AFTER DELETE ON search_text BEGIN {DROP} END",
    "search_text_changed": f"AFTER UPDATE ON search_text BEGIN {DROP} {ADD} END",
}


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "search_text",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_text")),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(INDEX)
        for name, what in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} {what}")
    else:
        op.execute("ALTER TABLE search_text ADD COLUMN vector tsvector GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED")
        op.create_index("ix_search_text_vector", "search_text", ["vector"], postgresql_using="gin")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_changed_at"), ["changed_at", "id", "screened_at", "lead_unit_id"], unique=False)
        batch_op.drop_index(batch_op.f("ix_proposal_programme_id_state"))
        batch_op.create_index(
            batch_op.f("ix_proposal_programme_id_state"), ["programme_id", "state", "area_id", "screened_at", "lead_unit_id", "ballot_closes_at"], unique=False
        )


def downgrade() -> None:
    """Take the schema back."""
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_changed_at"))
        batch_op.drop_index(batch_op.f("ix_proposal_programme_id_state"))
        batch_op.create_index(batch_op.f("ix_proposal_programme_id_state"), ["programme_id", "state"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_words")
    op.drop_table("search_text")
