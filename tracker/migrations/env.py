"""How alembic runs here: in the connection it is given, with every model known."""

from typing import Any, Literal

from alembic import context

from tracker.audit import models as _audit
from tracker.changes import models as _changes
from tracker.comments import models as _comments
from tracker.db import Base, UTCDateTime
from tracker.decisions import models as _decisions
from tracker.files import models as _files
from tracker.members import models as _members
from tracker.notifications import models as _notifications
from tracker.programmes import models as _programmes
from tracker.projects import models as _projects
from tracker.proposals import models as _proposals
from tracker.reports import models as _reports
from tracker.reviews import models as _reviews
from tracker.saved_views import models as _saved_views
from tracker.search import models as _search
from tracker.voting import models as _voting

KNOWN = (
    _audit,
    _changes,
    _comments,
    _decisions,
    _files,
    _members,
    _notifications,
    _programmes,
    _projects,
    _proposals,
    _reports,
    _reviews,
    _saved_views,
    _search,
    _voting,
)


def render_item(kind: str, item: Any, _autogen: object) -> str | Literal[False]:  # noqa: ANN401 - alembic's signature
    """Write our instants as plain dates with time, so that a migration never depends on today's code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


def include_object(_item: Any, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:  # noqa: ANN401, FBT001 - alembic's signature
    """Leave out what a migration makes for one database alone: the index of words, which no model describes."""
    return not ((kind == "table" and (name or "").startswith("search_words")) or (kind in {"column", "index"} and name in {"vector", "ix_search_text_vector"}))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
    include_object=include_object,
    compare_type=False,
    transaction_per_migration=False,
)
context.run_migrations()
