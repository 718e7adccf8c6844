"""Secret and priority ballots, rehearsals, rounds, channels, proxies, strikes and replies; what opening froze never changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
CHANNELS = ("online", "paper", "raised_hand", "proxy")
POSITIONS = ("yes", "no", "abstain", "discuss")
ROLES = ("chair", "director", "secretariat", "representative", "alternate", "contributor", "expert", "guest", "system")
FROZEN_COLUMNS = "id, programme_id, serial, number, title_zh, title_en, kind, secrecy, rehearsal, earlier_id, rule, options, opens_at, frozen, frozen_sha256"
VOTE_COLUMNS = "id, item_id, unit_id, position, score, reason, commitments, channel, entry_id, person_id, cast_at"
ITEM_COLUMNS = "id, ballot_id, number, proposal_id, version_id, version_sha256, title_zh, title_en"
FROZEN_TABLES = ("ballot", "roll_entry", "ballot_item", "recusal", "vote", "secret_vote")
BALLOT_OF_ITEM = "(SELECT ballot_id FROM ballot_item WHERE id = {row}.item_id)"
FROZEN = "EXISTS (SELECT 1 FROM ballot WHERE id = {ballot} AND frozen_sha256 IS NOT NULL)"
SEALED = "EXISTS (SELECT 1 FROM ballot WHERE id = {ballot} AND sealed_at IS NOT NULL)"
REAL = "EXISTS (SELECT 1 FROM ballot WHERE id = {ballot} AND frozen_sha256 IS NOT NULL AND NOT rehearsal)"


def _if(condition: str, row: str, *, of_item: bool = False) -> str:
    ballot = BALLOT_OF_ITEM.format(row=row) if of_item else f"{row}.ballot_id"
    return condition.format(ballot=ballot)


def _either(condition: str, *, of_item: bool = False) -> str:
    """The condition holds for the row as it was or as it is to be: nothing is moved out of a ballot, nor into one."""
    return f"({_if(condition, 'OLD', of_item=of_item)} OR {_if(condition, 'NEW', of_item=of_item)})"


LATE_RECUSAL = f"{_if(FROZEN, 'NEW', of_item=True)} AND (NEW.why <> 'declared' OR {_if(SEALED, 'NEW', of_item=True)})"
SEALED_AND_REAL = f"{_if(SEALED, 'OLD', of_item=True)} AND {_if(REAL, 'OLD', of_item=True)}"
GUARDS = {
    "ballot_frozen": ("ballot", f"UPDATE OF {FROZEN_COLUMNS}", "OLD.frozen_sha256 IS NOT NULL", "what opening froze never changes"),
    "ballot_stays": ("ballot", "DELETE", "OLD.frozen_sha256 IS NOT NULL AND NOT OLD.rehearsal", "ballots are never deleted"),
    "roll_no_insert": ("roll_entry", "INSERT", _if(FROZEN, "NEW"), "the roll is frozen"),
    "roll_no_update": ("roll_entry", "UPDATE OF id, ballot_id, unit_id, weight", _either(FROZEN), "the roll is frozen"),
    "roll_no_delete": ("roll_entry", "DELETE", _if(REAL, "OLD"), "the roll is frozen"),
    "item_no_insert": ("ballot_item", "INSERT", _if(FROZEN, "NEW"), "the items of a ballot are frozen"),
    "item_no_update": ("ballot_item", f"UPDATE OF {ITEM_COLUMNS}", _either(FROZEN), "the items of a ballot are frozen"),
    "item_no_delete": ("ballot_item", "DELETE", _if(REAL, "OLD"), "the items of a ballot are frozen"),
    "recusal_no_insert": ("recusal", "INSERT", LATE_RECUSAL, "recusals are frozen"),
    "recusal_no_update": ("recusal", "UPDATE", _either(FROZEN, of_item=True), "recusals are frozen"),
    "recusal_no_delete": ("recusal", "DELETE", _if(REAL, "OLD", of_item=True), "recusals are frozen"),
    "vote_no_insert": ("vote", "INSERT", _if(SEALED, "NEW", of_item=True), "the ballot is sealed"),
    "vote_no_update": ("vote", f"UPDATE OF {VOTE_COLUMNS}", _either(SEALED, of_item=True), "the ballot is sealed"),
    "vote_no_delete": ("vote", "DELETE", SEALED_AND_REAL, "the ballot is sealed"),
    "secret_no_insert": ("secret_vote", "INSERT", _if(SEALED, "NEW", of_item=True), "the ballot is sealed"),
    "secret_no_update": ("secret_vote", "UPDATE", _either(SEALED, of_item=True), "the ballot is sealed"),
    "secret_no_delete": ("secret_vote", "DELETE", SEALED_AND_REAL, "the ballot is sealed"),
}
"""By name of the trigger: table, what comes to it, the condition under which it is refused, the words."""


def _guard() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name, (table, verb, _condition, words) in GUARDS.items():
            op.execute(f"CREATE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ {_body(name, words)} $$")
            op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION guard_{name}()")
        op.execute("CREATE FUNCTION guard_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ballots are never deleted'; END $$")
        for table in FROZEN_TABLES:
            op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION guard_truncate()")
        return
    for name, (table, verb, condition, words) in GUARDS.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{words}'); END")


def _body(name: str, words: str) -> str:
    _table, verb, condition, _words = GUARDS[name]
    row = "OLD" if verb == "DELETE" else "NEW"
    return f"BEGIN IF {condition} THEN RAISE EXCEPTION '{words}'; END IF; RETURN {row}; END"


def _unguard() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for name, (table, *_rest) in GUARDS.items():
        op.execute(f"DROP TRIGGER {name} ON {table}" if postgres else f"DROP TRIGGER {name}")
        if postgres:
            op.execute(f"DROP FUNCTION guard_{name}()")
    for table in FROZEN_TABLES if postgres else ():
        op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
    if postgres:
        op.execute("DROP FUNCTION guard_truncate()")


def _choice(name: str, *codes: str) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Bring the schema forward."""
    _new_tables()
    with op.batch_alter_table("ballot", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.add_column(sa.Column("kind", _choice("ballotkind", "position", "priority"), server_default="position", nullable=False))
        batch_op.add_column(sa.Column("secrecy", _choice("secrecy", "recorded", "secret"), server_default="recorded", nullable=False))
        batch_op.add_column(sa.Column("rehearsal", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("earlier_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("next_reminder_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("frozen", JSON, server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("result", JSON, nullable=True))
        batch_op.alter_column("frozen_sha256", existing_type=sa.String(length=64), nullable=True)
        batch_op.create_foreign_key(batch_op.f("fk_ballot_earlier_id_ballot"), "ballot", ["earlier_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_ballot_earlier_id"), ["earlier_id"])
        batch_op.drop_constraint(op.f("ck_ballot_ballotstate"), type_="check")
        batch_op.create_check_constraint(op.f("ck_ballot_ballotstate"), "state IN ('announced', 'open', 'closed')")
    with op.batch_alter_table("roll_entry") as batch_op:
        batch_op.add_column(sa.Column("weight", sa.String(length=20), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("voted", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("present", _choice("presence", "on_site", "online", "proxy"), nullable=True))
    with op.batch_alter_table("ballot_item") as batch_op:
        batch_op.alter_column("proposal_id", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column("version_id", existing_type=sa.Integer(), nullable=True)
    with op.batch_alter_table("vote") as batch_op:
        batch_op.alter_column("position", existing_type=_choice("position", *POSITIONS), nullable=True)
        batch_op.add_column(sa.Column("score", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("channel", _choice("channel", *CHANNELS), server_default="online", nullable=False))
        batch_op.add_column(sa.Column("entry_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("cleared", _choice("clearedas", "cleared", "overruled"), nullable=True))
        batch_op.add_column(sa.Column("cleared_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("cleared_note", sa.Text(), server_default="", nullable=False))
        batch_op.create_foreign_key(batch_op.f("fk_vote_entry_id_vote_entry"), "vote_entry", ["entry_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_vote_cleared_by_id_person"), "person", ["cleared_by_id"], ["id"])
    _reply_table()
    op.execute(
        "UPDATE roll_entry SET voted = true WHERE EXISTS (SELECT 1 FROM vote JOIN ballot_item ON ballot_item.id = vote.item_id "
        "WHERE ballot_item.ballot_id = roll_entry.ballot_id AND vote.unit_id = roll_entry.unit_id)"
    )
    _guard()


def _new_tables() -> None:
    op.create_table(
        "secret_vote",
        sa.Column("code", sa.LargeBinary(length=16), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("position", _choice("position", *POSITIONS), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["ballot_item.id"], name=op.f("fk_secret_vote_item_id_ballot_item")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_secret_vote")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_secret_vote_item_id"), "secret_vote", ["item_id"])
    op.create_table(
        "vote_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("channel", _choice("channel", *CHANNELS), nullable=False),
        sa.Column("votes", JSON, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=True),
        sa.Column("replaces", sa.Boolean(), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("settled_note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballot.id"], name=op.f("fk_vote_entry_ballot_id_ballot")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_vote_entry_unit_id_unit")),
        sa.ForeignKeyConstraint(["scan_id"], ["stored_file.id"], name=op.f("fk_vote_entry_scan_id_stored_file")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_vote_entry_entered_by_id_person")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["person.id"], name=op.f("fk_vote_entry_settled_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote_entry")),
    )
    op.create_index(op.f("ix_vote_entry_ballot_id"), "vote_entry", ["ballot_id"])
    op.create_table(
        "proxy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("holder_id", sa.Integer(), nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballot.id"], name=op.f("fk_proxy_ballot_id_ballot")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_proxy_unit_id_unit")),
        sa.ForeignKeyConstraint(["holder_id"], ["unit.id"], name=op.f("fk_proxy_holder_id_unit")),
        sa.ForeignKeyConstraint(["scan_id"], ["stored_file.id"], name=op.f("fk_proxy_scan_id_stored_file")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_proxy_entered_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proxy")),
        sa.UniqueConstraint("ballot_id", "unit_id", name=op.f("uq_proxy_ballot_id_unit_id")),
        sa.UniqueConstraint("ballot_id", "holder_id", name=op.f("uq_proxy_ballot_id_holder_id")),
    )
    op.create_table(
        "strike",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballot.id"], name=op.f("fk_strike_ballot_id_ballot")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_strike_unit_id_unit")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_strike_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strike")),
        sa.UniqueConstraint("ballot_id", "unit_id", name=op.f("uq_strike_ballot_id_unit_id")),
    )


def _reply_table() -> None:
    op.create_table(
        "discuss_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vote_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("role", _choice("role", *ROLES), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_discuss_reply_vote_id_vote")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_discuss_reply_person_id_person")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_discuss_reply_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discuss_reply")),
    )
    op.create_index(op.f("ix_discuss_reply_vote_id"), "discuss_reply", ["vote_id"])


def downgrade() -> None:
    """Take it back: what the earlier schema cannot say is lost."""
    _unguard()
    for table in ("discuss_reply", "strike", "proxy", "secret_vote"):
        op.drop_table(table)
    op.execute("DELETE FROM vote WHERE position IS NULL")
    with op.batch_alter_table("vote") as batch_op:
        for name in ("ck_vote_channel", "ck_vote_clearedas"):
            batch_op.drop_constraint(op.f(name), type_="check")
        for name in ("fk_vote_entry_id_vote_entry", "fk_vote_cleared_by_id_person"):
            batch_op.drop_constraint(op.f(name), type_="foreignkey")
        for column in ("score", "channel", "entry_id", "cleared", "cleared_by_id", "cleared_at", "cleared_note"):
            batch_op.drop_column(column)
        batch_op.alter_column("position", existing_type=_choice("position", *POSITIONS), nullable=False)
    op.drop_table("vote_entry")
    op.execute("DELETE FROM recusal WHERE item_id IN (SELECT id FROM ballot_item WHERE proposal_id IS NULL)")
    op.execute("DELETE FROM vote WHERE item_id IN (SELECT id FROM ballot_item WHERE proposal_id IS NULL)")
    op.execute("DELETE FROM ballot_item WHERE proposal_id IS NULL")
    with op.batch_alter_table("ballot_item") as batch_op:
        batch_op.alter_column("proposal_id", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("version_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("roll_entry") as batch_op:
        batch_op.drop_constraint(op.f("ck_roll_entry_presence"), type_="check")
        for column in ("weight", "voted", "present"):
            batch_op.drop_column(column)
    with op.batch_alter_table("ballot") as batch_op:
        batch_op.drop_index(batch_op.f("ix_ballot_earlier_id"))
        batch_op.drop_constraint(op.f("fk_ballot_earlier_id_ballot"), type_="foreignkey")
        for name in ("ck_ballot_ballotkind", "ck_ballot_secrecy", "ck_ballot_ballotstate"):
            batch_op.drop_constraint(op.f(name), type_="check")
        batch_op.create_check_constraint(op.f("ck_ballot_ballotstate"), "state IN ('open', 'closed')")
        batch_op.alter_column("frozen_sha256", existing_type=sa.String(length=64), nullable=False)
        for column in ("kind", "secrecy", "rehearsal", "earlier_id", "next_reminder_at", "frozen", "result"):
            batch_op.drop_column(column)
