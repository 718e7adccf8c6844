"""Saving a view and removing it: each person's own affair, of which the record of acts says nothing."""

from __future__ import annotations

from tracker.db import session
from tracker.errors import Invalid, NotFound
from tracker.messages import say
from tracker.saved_views import queries
from tracker.saved_views.models import LONGEST_NAME, LONGEST_QUERY, MOST, SavedView
from tracker.text import clean_line


def save(person_id: int, of_list: str, *, name: str, query: str) -> SavedView:
    """Keep a view of a list under a name, in the place of the one that had it. Raises Invalid."""
    tidy = _name(name)
    if len(query) > LONGEST_QUERY:
        raise Invalid({"query": [say("This view has too many filters to be saved.")]})
    kept = list(session().scalars(queries.of(person_id, of_list)))
    view = next((each for each in kept if each.name == tidy), None)
    if view is None and len(kept) >= MOST:
        raise Invalid({"name": [say("At most {limit} views of a list can be saved. Remove one first.", limit=MOST)]})
    if view is None:
        view = SavedView(person_id=person_id, list=of_list, name=tidy)
        session().add(view)
    view.query = query
    session().flush()
    return view


def _name(text: str) -> str:
    try:
        tidy = clean_line(text)
    except ValueError:
        raise Invalid({"name": [say("This name holds a character that cannot be kept.")]}) from None
    if not tidy or len(tidy) > LONGEST_NAME:
        raise Invalid({"name": [say("Give the view a name of at most {limit} characters.", limit=LONGEST_NAME)]})
    return tidy


def remove(person_id: int, view_id: int) -> SavedView:
    """Forget one's own view. Raises NotFound for anybody else's."""
    view = session().get(SavedView, view_id)
    if view is None or view.person_id != person_id:
        raise NotFound
    session().delete(view)
    return view
