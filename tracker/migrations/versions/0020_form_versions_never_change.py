"""Versions of a programme's form never change, whoever asks: the database itself refuses."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SQLITE_GUARDS = {
    f"form_version_no_{verb.lower()}": f"CREATE TRIGGER form_version_no_{verb.lower()} BEFORE {verb} ON form_version "
    "BEGIN SELECT RAISE(ABORT, 'versions of a form never change'); END"
    for verb in ("UPDATE", "DELETE")
}
POSTGRES_GUARD = """
CREATE FUNCTION refuse_form_version_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'versions of a form never change'; END $$;
CREATE TRIGGER form_version_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON form_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_form_version_change();
"""


def upgrade() -> None:
    """Bring the schema forward."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRES_GUARD)
        return
    for guard in SQLITE_GUARDS.values():
        op.execute(guard)


def downgrade() -> None:
    """Take it back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER form_version_never_changes ON form_version; DROP FUNCTION refuse_form_version_change()")
        return
    for name in SQLITE_GUARDS:
        op.execute(f"DROP TRIGGER {name}")
