"""Who may do what, when: the verbs of the product and the one function that answers for all of them. Pure.

Each noun has a table ``RULES`` in its ``rules.py`` with one ``Rule`` per verb. Pages draw their buttons from ``available``, a
refused request raises what ``check`` returns, and ``tracker policy table`` prints the same rows as documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from tracker.messages import Message, say


class Role(StrEnum):
    """The seats a person can hold (职务)."""

    CHAIR = "chair"
    DIRECTOR = "director"
    SECRETARIAT = "secretariat"
    REPRESENTATIVE = "representative"
    ALTERNATE = "alternate"
    CONTRIBUTOR = "contributor"
    EXPERT = "expert"
    GUEST = "guest"
    SYSTEM = "system"


UNIT_ROLES = frozenset({Role.REPRESENTATIVE, Role.ALTERNATE, Role.CONTRIBUTOR})
COMMITTEE_ROLES = frozenset({Role.CHAIR, Role.DIRECTOR, Role.SECRETARIAT})


class Action(StrEnum):
    """Every verb of the product: the same word in URL, function, event and button."""

    VIEW = "view"
    START = "start"
    EDIT = "edit"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    REVIVE = "revive"
    RETURN = "return"
    SCREEN = "screen"
    ACCEPT = "accept"
    NOT_ACCEPT = "not_accept"
    MERGE = "merge"
    MOVE_FORM = "move_form"
    OPEN = "open"
    REHEARSE = "rehearse"
    DISCARD = "discard"
    EXTEND = "extend"
    CLOSE_EARLY = "close_early"
    STRIKE = "strike"
    RECUSE = "recuse"
    CLEAR = "clear"
    OVERRULE = "overrule"
    REPLY = "reply"
    CAST = "cast"
    NOTE_PRESENT = "note_present"
    CLOSE = "close"
    BALLOT = "ballot"
    TALLY = "tally"
    DECLARE_CONFLICT = "declare_conflict"
    APPROVE = "approve"
    APPROVE_WITH_CHANGES = "approve_with_changes"
    AMEND = "amend"
    ACCEPT_CHANGES = "accept_changes"
    SEND_BACK = "send_back"
    RELEASE = "release"
    EXEMPT = "exempt"
    END_EXEMPTION = "end_exemption"
    DEFER = "defer"
    REJECT = "reject"
    CREATE = "create"
    CHANGE = "change"
    PUBLISH = "publish"
    COPY = "copy"
    INVITE = "invite"
    RESET = "reset"
    JOIN = "join"
    SEAT = "seat"
    UNSEAT = "unseat"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    REQUEST_RESET = "request_reset"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - a verb
    END_SESSION = "end_session"
    DOWNLOAD = "download"
    ESTABLISH = "establish"
    COMMENT = "comment"
    FLAG = "flag"
    UNFLAG = "unflag"
    OVERRIDE = "override"
    BEGIN_REVIEW = "begin_review"
    END_REVIEW = "end_review"
    ASSIGN = "assign"
    DECLARE_NONE = "declare_none"
    REOPEN = "reopen"
    CONFIRM = "confirm"
    DECLINE = "decline"
    REMOVE = "remove"
    REMIND = "remind"
    RETRACT = "retract"
    RESOLVE = "resolve"
    ATTACH = "attach"
    DETACH = "detach"
    FILE_SCAN = "file_scan"
    COLLECT = "collect"
    ENTER = "enter"
    ASK = "ask"
    GRANT = "grant"
    REVOKE = "revoke"
    OBJECT = "object"
    DISMISS = "dismiss"
    UPHOLD = "uphold"
    SET_ASIDE = "set_aside"
    RESUME = "resume"
    TERMINATE = "terminate"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person acting in one seat. ``unit_id`` is None for seats of the committee itself; ``person_id`` is None for the clock."""

    person_id: int | None
    role: Role
    unit_id: int | None = None
    seat_id: int | None = None
    name_zh: str = ""
    name_en: str = ""

    def serves(self, unit_id: int | None) -> bool:
        """Say whether this seat is one of the unit ``unit_id``."""
        return self.role in UNIT_ROLES and unit_id is not None and self.unit_id == unit_id

    def votes_for(self, unit_id: int | None) -> bool:
        """Say whether this seat may bind the unit: its representative or alternate."""
        return self.serves(unit_id) and self.role is not Role.CONTRIBUTOR


SYSTEM = Actor(None, Role.SYSTEM, name_zh="系统", name_en="The system")


class Kind(StrEnum):
    """Why something is refused, in the order in which reasons are looked for."""

    HIDDEN = "hidden"
    WRONG_PERSON = "wrong_person"
    WRONG_STATE = "wrong_state"


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal that says why; ``until`` is when it may change, if that is known."""

    kind: Kind
    message: Message
    until: datetime | None = None


class Subject(Protocol):
    """What a verb acts on."""

    @property
    def rules(self) -> Mapping[Action, Rule]:
        """The table of the verbs it knows."""

    def state_at(self, now: datetime) -> str:
        """The state it is in at ``now``, which the clock may have moved past what is stored."""


Predicate = Callable[[Actor, Any], bool]
Condition = Callable[[Actor, Any, datetime], Denial | None]


@dataclass(frozen=True, slots=True)
class Who:
    """A predicate with the words for the documentation and for the person it leaves out."""

    test: Predicate
    words: Message


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: any of ``who`` may do it, from any of ``states`` (none named: any), if every condition of ``when`` holds.

    ``to`` is the state afterwards (None: unchanged), ``tells`` the audiences told and ``news`` what they are told (it may speak of
    the subject's names and of {note}), ``reason`` whether a note is owed, ``offered`` whether pages show a button for it.
    """

    label: Message
    who: tuple[Who, ...]
    states: frozenset[str] = frozenset()
    to: str | None = None
    when: tuple[Condition, ...] = ()
    tells: tuple[str, ...] = ()
    news: Message | None = None
    reason: bool = False
    offered: bool = True


ANYONE = Who(lambda _actor, _subject: True, say("everyone signed in"))
NOBODY_ELSE = Who(lambda actor, _subject: actor.role is Role.SYSTEM, say("the clock"))
SECRETARIAT = Who(lambda actor, _subject: actor.role is Role.SECRETARIAT, say("the secretariat"))
CHAIR = Who(lambda actor, _subject: actor.role is Role.CHAIR, say("the chair"))
DIRECTOR = Who(lambda actor, _subject: actor.role is Role.DIRECTOR, say("the executive director"))


def _allowed(rule: Rule, actor: Actor, subject: object) -> bool:
    return any(who.test(actor, subject) for who in rule.who)


def _wrong_person(rule: Rule) -> Denial:
    return Denial(Kind.WRONG_PERSON, say("Only these can do this: {who}.", who=[who.words for who in rule.who]))


def check(action: Action, subject: Any, *, actor: Actor, now: datetime) -> Denial | None:  # noqa: ANN401 - any noun with a table
    """Return why ``actor`` may not do ``action`` to ``subject`` at ``now``, or None when it is allowed.

    Looked for in this order: may not see it, wrong person, wrong state, a condition of the verb.
    """
    rules: Mapping[Action, Rule] = subject.rules
    view = rules.get(Action.VIEW)
    if view is not None and not _allowed(view, actor, subject):
        return Denial(Kind.HIDDEN, say("There is nothing here, or you may not see it."))
    rule = rules[action]
    if not _allowed(rule, actor, subject):
        return _wrong_person(rule)
    found = [denial for condition in rule.when if (denial := condition(actor, subject, now)) is not None]
    personal = [denial for denial in found if denial.kind is Kind.WRONG_PERSON]
    return next(iter([*personal, *_wrong_state(rule, subject, now), *found]), None)


def _wrong_state(rule: Rule, subject: Any, now: datetime) -> list[Denial]:  # noqa: ANN401 - any noun with a table
    """Return the refusal that names the present state and those that would do, or nothing."""
    if not rule.states or subject.state_at(now) in rule.states:
        return []
    wanted = [subject.state_label(state) for state in sorted(rule.states, key=_place)]
    message = say("Now: {state}. Possible only in: {wanted}.", state=subject.state_label(subject.state_at(now)), wanted=wanted)
    return [Denial(Kind.WRONG_STATE, message)]


def _place(state: str) -> int:
    """Return where a state stands in the order its enumeration lists them; plain text comes first."""
    return list(type(state)).index(state) if isinstance(state, StrEnum) else -1


def can(action: Action, subject: Any, *, actor: Actor, now: datetime) -> bool:  # noqa: ANN401 - any noun with a table
    """Say whether ``check`` finds nothing against it."""
    return check(action, subject, actor=actor, now=now) is None


@dataclass(frozen=True, slots=True)
class Offer:
    """A verb as a page shows it: a button, or why there is none."""

    action: Action
    label: Message
    denial: Denial | None


def available(subject: Any, *, actor: Actor, now: datetime) -> list[Offer]:  # noqa: ANN401 - any noun with a table
    """List the verbs that concern this actor: those allowed, and those refused only for the time being, with the reason."""
    return list(_offers(subject, actor, now))


def _offers(subject: Any, actor: Actor, now: datetime) -> Iterator[Offer]:  # noqa: ANN401 - any noun with a table
    for action, rule in subject.rules.items():
        if not rule.offered or action is Action.VIEW:
            continue
        denial = check(action, subject, actor=actor, now=now)
        if denial is None or denial.kind is Kind.WRONG_STATE:
            yield Offer(action, rule.label, denial)
