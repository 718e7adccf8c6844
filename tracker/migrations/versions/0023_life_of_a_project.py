"""Milestones, suspensions and change requests of projects; days of their own for single reports."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

STATES = ("established", "running")
KINDS = (
    "investigator",
    "lead_unit",
    "team",
    "title",
    "content",
    "results",
    "extension",
    "milestones",
    "budget",
    "suspension",
    "resumption",
    "termination",
)
TIERS = ("note", "secretariat", "chair")
DAYS = ("opens_on", "due_on", "grace_until_on")


def _json() -> sa.JSON:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _codes(name: str, *codes: str) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=32)


def _allow(batch_op: BatchOperations, codes: tuple[str, ...]) -> None:
    quoted = ", ".join(f"'{code}'" for code in codes)
    batch_op.drop_constraint(op.f("ck_project_projectstate"), type_="check")
    batch_op.create_check_constraint(op.f("ck_project_projectstate"), f"state IN ({quoted})")


def upgrade() -> None:
    """Bring the schema forward; projects that have started get the milestones of their plan."""
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.add_column(sa.Column("change_tiers", _json(), nullable=False, server_default="{}"))
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("terminated_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("amended", _json(), nullable=False, server_default="{}"))
        _allow(batch_op, (*STATES, "suspended", "terminated"))
    with op.batch_alter_table("obligation", schema=None) as batch_op:
        for name in DAYS:
            batch_op.add_column(sa.Column(name, sa.Date(), nullable=True))
    op.create_table(
        "suspension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("resumed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_suspension_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension")),
    )
    op.create_index(op.f("ix_suspension_project_id"), "suspension", ["project_id"])
    op.create_table(
        "change_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", _codes("changekind", *KINDS), nullable=False),
        sa.Column("tier", _codes("tier", *TIERS), nullable=False),
        sa.Column("state", _codes("changestate", "asked", "noted", "approved", "refused", "withdrawn"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", _json(), nullable=False),
        sa.Column("wanted", _json(), nullable=False),
        sa.Column("beyond_limits", _json(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_change_request_asked_by_id_person")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_change_request_decided_by_id_person")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_change_request_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_request")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_change_request_project_id_number")),
    )
    op.create_index(op.f("ix_change_request_state"), "change_request", ["state"])
    milestone = op.create_table(
        "milestone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=3000), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.Column("original_on", sa.Date(), nullable=False),
        sa.Column("baseline_on", sa.Date(), nullable=False),
        sa.Column("forecast_on", sa.Date(), nullable=True),
        sa.Column("actual_on", sa.Date(), nullable=True),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_milestone_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
        sa.UniqueConstraint("project_id", "place", name=op.f("uq_milestone_project_id_place")),
    )
    if rows := [row for project in _started() for row in _milestones(project)]:
        op.bulk_insert(milestone, rows)


def _started() -> list[sa.Row[tuple[int, date, date, Any]]]:
    """Read the projects that have started, with the text that was approved."""
    project = sa.table("project", sa.column("id"), sa.column("start_on", sa.Date()), sa.column("end_on", sa.Date()), sa.column("version_id"))
    version = sa.table("version", sa.column("id"), sa.column("content", _json()))
    wanted = sa.select(project.c.id, project.c.start_on, project.c.end_on, version.c.content).join(version, version.c.id == project.c.version_id)
    return list(op.get_bind().execute(wanted.where(project.c.start_on.is_not(None))))


def _milestones(project: sa.Row[tuple[int, date, date, Any]]) -> list[dict[str, object]]:
    """Give the rows of a project: the works of its plan, each due on the last day of its quarter."""
    content = json.loads(project.content) if isinstance(project.content, str) else project.content
    planned = sorted((row for row in content.get("schedule", []) if row.get("quarter") and row.get("work")), key=lambda row: row["quarter"])
    found = []
    for place, row in enumerate(planned, 1):
        due_on = min(max(_last_day(row["quarter"]), project.start_on), project.end_on)
        dates = {"original_on": due_on, "baseline_on": due_on, "forecast_on": None, "actual_on": None}
        found.append({"project_id": project.id, "place": place, "title": row["work"], "weight": None, "moves": 0, **dates})
    return found


def _last_day(quarter: str) -> date:
    year, number = int(quarter[:4]), int(quarter[5])
    return date(year + number // 4, number % 4 * 3 + 1, 1) - timedelta(days=1)


def downgrade() -> None:
    """Take it back: what rests or was terminated counts as running."""
    op.drop_table("milestone")
    op.drop_index(op.f("ix_change_request_state"), table_name="change_request")
    op.drop_table("change_request")
    op.drop_index(op.f("ix_suspension_project_id"), table_name="suspension")
    op.drop_table("suspension")
    with op.batch_alter_table("obligation", schema=None) as batch_op:
        for name in DAYS:
            batch_op.drop_column(name)
    op.execute("UPDATE project SET state = 'running' WHERE state IN ('suspended', 'terminated')")
    with op.batch_alter_table("project", schema=None) as batch_op:
        _allow(batch_op, STATES)
        batch_op.drop_column("amended")
        batch_op.drop_column("terminated_on")
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.drop_column("change_tiers")
