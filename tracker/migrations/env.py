"""How alembic runs here: in the connection it is given, with every model known."""

from typing import Any, Literal

from alembic import context

from tracker.audit import models as _audit
from tracker.db import Base, UTCDateTime
from tracker.decisions import models as _decisions
from tracker.members import models as _members
from tracker.notifications import models as _notifications
from tracker.programmes import models as _programmes
from tracker.projects import models as _projects
from tracker.proposals import models as _proposals
from tracker.reports import models as _reports
from tracker.voting import models as _voting

KNOWN = (_audit, _decisions, _members, _notifications, _programmes, _projects, _proposals, _reports, _voting)


def render_item(kind: str, item: Any, _autogen: object) -> str | Literal[False]:  # noqa: ANN401 - alembic's signature
    """Write our instants as plain dates with time, so that a migration never depends on today's code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
    compare_type=False,
    transaction_per_migration=False,
)
context.run_migrations()
