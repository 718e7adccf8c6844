"""The verbs of a year: start it, shape it, publish its call, copy it to the next year.

None of them commits. Each checks the policy, then the version the person saw, then the input; what is written is recorded as one
event that names what changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tracker import clock
from tracker.db import JSONDict, expect_version, session
from tracker.errors import Invalid, Refused
from tracker.files.disk import Stored
from tracker.messages import say
from tracker.policy import Action, Actor, Denial, Kind, check
from tracker.programmes import checklist, content, queries, windows
from tracker.programmes.content import Area, Voting, Wrong
from tracker.programmes.models import CallFile, FormVersion, Phase, Programme, TopicArea
from tracker.programmes.rules import PhaseKind, ProgrammeState
from tracker.transitions import perform


def create(year: int | None, texts: Mapping[str, str], *, actor: Actor) -> Programme:
    """Start a year in preparation, with its names and call text.

    Raises Refused, or Invalid for a year that cannot be or is there already, and for its texts.
    """
    wrong: Wrong = {}
    clean = content.tidy(texts, content.CALL, wrong)
    content.need_a_name(clean, wrong)
    if year is None or not content.is_year(year):
        wrong["year"] = [say("Give a year from {first} to {last}.", first=content.FIRST_YEAR, last=content.LAST_YEAR)]
    elif queries.exists(year):
        wrong["year"] = [say("The programme of {year} is there already.", year=year)]
    if wrong or year is None:
        raise Invalid(wrong)
    return _start(year, clean, Voting(), actor=actor)


def _start(year: int, texts: Mapping[str, str], voting: Voting, *, actor: Actor, facts: JSONDict | None = None) -> Programme:
    programme = Programme(
        year=year, state=ProgrammeState.DRAFT, voting=voting.to_json(), last_proposal=0, last_ballot=0, version=1, areas=[], phases=[], files=[], **texts
    )
    perform(Action.CREATE, programme, actor=actor, facts={"year": year, **(facts or {})})
    session().add(programme)
    session().flush()
    return programme


def change(programme: Programme, texts: Mapping[str, str], *, seen: int, actor: Actor) -> None:
    """Change the names and the call text. Raises Refused, Stale or Invalid."""
    _may_change(programme, seen, actor)
    wrong: Wrong = {}
    clean = content.tidy(texts, content.CALL, wrong)
    content.need_a_name(clean, wrong)
    _stop_if(wrong)
    changed = [name for name, text in clean.items() if getattr(programme, name) != text]
    if changed:
        _note_change(programme, "call", actor, {"changed": changed})
        for name in changed:
            setattr(programme, name, clean[name])


def set_phases(programme: Programme, typed: Mapping[str, str], *, zone: str, seen: int, actor: Actor) -> None:
    """Set the dated windows from what was typed on the wall clock of ``zone`` (see ``windows.read_all``); an empty pair removes one.

    Raises Refused, Stale or Invalid.
    """
    _may_change(programme, seen, actor)
    wrong: Wrong = {}
    wanted = windows.read_all(typed, zone=zone, year=programme.year, wrong=wrong)
    _stop_if(wrong)
    if _dates(wanted) != _dates({phase.kind: windows.Window(phase.opens_at, phase.closes_at) for phase in programme.phases}):
        _note_change(programme, "dates", actor, {"windows": _dates(wanted)})
        _put_phases(programme, wanted)


def _dates(wanted: Mapping[PhaseKind, windows.Window]) -> JSONDict:
    return {kind.value: [window.opens_at.isoformat(), window.closes_at.isoformat()] for kind, window in sorted(wanted.items())}


def _put_phases(programme: Programme, wanted: Mapping[PhaseKind, windows.Window]) -> None:
    for phase in list(programme.phases):
        if phase.kind not in wanted:
            programme.phases.remove(phase)
    for kind, window in wanted.items():
        present = programme.phase(kind)
        if present is None:
            programme.phases.append(Phase(kind=kind, opens_at=window.opens_at, closes_at=window.closes_at))
        else:
            present.opens_at, present.closes_at = window.opens_at, window.closes_at


def set_areas(programme: Programme, areas: Sequence[Area], *, used: Collection[int], seen: int, actor: Actor) -> None:
    """Set the topic areas in this order: known ids are kept and renamed, new ones added, missing ones removed.

    ``used`` are the ids of the areas that proposals name; they cannot be removed. Raises Refused, Stale or Invalid.
    """
    _may_change(programme, seen, actor)
    wrong: Wrong = {}
    texts = _area_texts(areas, wrong)
    present = {area.id: area for area in programme.areas}
    kept = [area.id for area in areas if area.id is not None]
    if set(kept) - set(present) or len(set(kept)) != len(kept):
        wrong[""] = [say("These areas are not the ones of this year. Open the page again.")]
    lost = [present[key] for key in present if key in used and key not in kept]
    if lost:
        wrong.setdefault("", []).append(say("There are proposals under {areas}, so this cannot be removed.", areas=lost))
    _stop_if(wrong)
    _put_areas(programme, [(present.get(area.id or 0), clean) for area, clean in zip(areas, texts, strict=True)], actor)


def _area_texts(areas: Sequence[Area], wrong: Wrong) -> list[dict[str, str]]:
    if len(areas) > content.MOST_AREAS:
        raise Invalid({"": [say("At most {limit} areas.", limit=content.MOST_AREAS)]})
    texts = [content.tidy(area.texts(), content.AREA, wrong, prefix=f"areas-{index}-") for index, area in enumerate(areas)]
    for index, clean in enumerate(texts):
        content.need_a_name(clean, wrong, prefix=f"areas-{index}-")
    content.need_different_names(texts, wrong)
    return texts


def _put_areas(programme: Programme, wanted: Sequence[tuple[TopicArea | None, dict[str, str]]], actor: Actor) -> None:
    before = [_as_kept(area) for area in programme.areas]
    after = [{"id": area.id if area else None, **clean} for area, clean in wanted]
    if before == after:
        return
    _note_change(programme, "areas", actor, {"areas": [entry["id"] for entry in after], "before": [entry["id"] for entry in before]})
    ordered = [area if area is not None else TopicArea() for area, _clean in wanted]
    for position, (area, (_known, clean)) in enumerate(zip(ordered, wanted, strict=True), start=1):
        area.position = position
        for name, text in clean.items():
            setattr(area, name, text)
    programme.areas[:] = ordered
    session().flush()


def _as_kept(area: TopicArea) -> JSONDict:
    return {"id": area.id, **{name: getattr(area, name) for name in content.AREA}}


def set_voting(programme: Programme, voting: Voting, *, seen: int, actor: Actor) -> None:
    """Set how this year's ballots start out; ballots already open keep their own frozen rule. Raises Refused, Stale or Invalid."""
    _may_change(programme, seen, actor)
    if not voting.is_sound():
        raise Invalid({"preset": [say("Choose one of the rules.")]})
    if programme.voting != voting.to_json():
        _note_change(programme, "voting", actor, {"voting": voting.to_json()})
        programme.voting = voting.to_json()


def set_screening(programme: Programme, typed_zh: str, typed_en: str, *, scan: bool, partners: str = "", seen: int, actor: Actor) -> None:
    """Set the formal check: its points, one to a line in each language, whether the stamped scan is owed, how many partner units must have confirmed.

    Checks that have ended keep their points. Raises Refused, Stale or Invalid.
    """
    _may_change(programme, seen, actor)
    points = checklist.read_points(typed_zh, typed_en, checklist.points_of(programme.screening))
    settings = checklist.as_settings(points, scan=scan, partners=checklist.read_partners(partners))
    if programme.screening != settings:
        _note_change(programme, "screening", actor, settings)
        programme.screening = settings


def publish(programme: Programme, *, actor: Actor) -> None:
    """Publish the call: from then on everyone signed in sees the year, and all people of member units are told.

    Raises Refused, or Invalid when there is no topic area yet to propose under.
    """
    denial = check(Action.PUBLISH, programme, actor=actor, now=clock.now())
    if denial is None and not programme.areas:
        raise Invalid({"": [say("Add at least one topic area first: a proposal is made under one.")]})
    perform(Action.PUBLISH, programme, actor=actor)
    programme.version += 1


def copy(programme: Programme, *, zone: str, actor: Actor) -> Programme:
    """Start the next year from this one: names, call text, areas, form, formal check, voting, review and reporting rules, and windows a year later on the wall clock of ``zone``.

    Files are not copied. Raises Refused, also when the next year is there already.
    """
    year = programme.year + 1
    denial = check(Action.COPY, programme, actor=actor, now=clock.now()) or no_room_after(programme)
    if denial is not None:
        raise Refused(denial)
    perform(Action.COPY, programme, actor=actor, facts={"year": year})
    names = {name: content.next_name(getattr(programme, name), programme.year) for name in content.NAMES}
    texts = {"call_zh": programme.call_zh, "call_en": programme.call_en, **names}
    new = _start(year, texts, Voting(**programme.voting), actor=actor, facts={"copied_from": programme.id})
    new.areas.extend(TopicArea(position=area.position, **{name: getattr(area, name) for name in content.AREA}) for area in programme.areas)
    new.phases.extend(_moved(phase, zone) for phase in programme.phases)
    new.project_prefix, new.reporting, new.review = programme.project_prefix, dict(programme.reporting), dict(programme.review)
    new.screening, new.public_notice = dict(programme.screening), dict(programme.public_notice)
    new.release_together, new.caps = programme.release_together, dict(programme.caps)
    _copy_form(programme, new, actor)
    session().flush()
    return new


def _copy_form(programme: Programme, new: Programme, actor: Actor) -> None:
    """Give the new year the newest form of the old one as its first; a year with the shipped form has none to give."""
    form = session().scalars(queries.newest_form(programme)).one_or_none()
    if form is not None:
        kept = FormVersion(programme_id=new.id, number=1, body=form.body, sha256=form.sha256, made_at=clock.now(), made_by=actor.person_id)
        session().add(kept)


def no_room_after(programme: Programme) -> Denial | None:
    """Return why this year cannot be copied to the next one, or None."""
    year = programme.year + 1
    if not content.is_year(year):
        return Denial(Kind.WRONG_STATE, say("There can be no programme after {year}.", year=content.LAST_YEAR))
    if queries.exists(year):
        return Denial(Kind.WRONG_STATE, say("The programme of {year} is there already.", year=year))
    return None


def _moved(phase: Phase, zone: str) -> Phase:
    return Phase(kind=phase.kind, opens_at=windows.a_year_later(phase.opens_at, zone=zone), closes_at=windows.a_year_later(phase.closes_at, zone=zone))


def add_file(programme: Programme, stored: Stored, *, actor: Actor) -> CallFile:
    """Add a file that lies on disk already (``files.store``) to the call. Raises Refused."""
    _note_change(programme, "files", actor, {"added": stored.sha256, "size": stored.size})
    file = CallFile(name=stored.name, stored_as=stored.stored_as, size=stored.size, sha256=stored.sha256, added_at=clock.now())
    programme.files.append(file)
    session().flush()
    return file


def remove_file(programme: Programme, file: CallFile, *, actor: Actor) -> None:
    """Take a file off the call; what lies on disk is discarded by the caller after the commit. Raises Refused."""
    _note_change(programme, "files", actor, {"removed": file.sha256})
    session().delete(file)
    session().flush()


def _may_change(programme: Programme, seen: int, actor: Actor) -> None:
    denial = check(Action.CHANGE, programme, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen, programme.version)


def _note_change(programme: Programme, section: str, actor: Actor, facts: JSONDict) -> None:
    perform(Action.CHANGE, programme, actor=actor, facts={"section": section, **facts})
    programme.version += 1


def _stop_if(wrong: Wrong) -> None:
    if wrong:
        raise Invalid(wrong)
