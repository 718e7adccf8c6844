"""Who may manage units, people and seats. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from tracker.messages import Message, say
from tracker.policy import ANYONE, SECRETARIAT, Action, Actor, Denial, Kind, Role, Rule, Who


class UnitState(StrEnum):
    """Whether the organisation is a member now."""

    ACTIVE = "active"
    LEFT = "left"


class PersonState(StrEnum):
    """Whether a person can sign in."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"


UNIT_STATES: Mapping[UnitState, Message] = {UnitState.ACTIVE: say("member"), UnitState.LEFT: say("has left")}
PERSON_STATES: Mapping[PersonState, Message] = {
    PersonState.INVITED: say("invited"),
    PersonState.ACTIVE: say("active"),
    PersonState.SUSPENDED: say("suspended"),
}
ROLES: Mapping[Role, Message] = {
    Role.CHAIR: say("Chair"),
    Role.DIRECTOR: say("Executive director"),
    Role.SECRETARIAT: say("Secretariat"),
    Role.REPRESENTATIVE: say("Representative"),
    Role.ALTERNATE: say("Alternate"),
    Role.CONTRIBUTOR: say("Contributor"),
    Role.EXPERT: say("Expert"),
    Role.GUEST: say("No seat at present"),
    Role.SYSTEM: say("The system"),
}


def _is_self(actor: Actor, subject: object) -> bool:
    return actor.person_id is not None and actor.person_id == getattr(subject, "id", None)


SELF = Who(_is_self, say("the person themselves"))

COMMAND_LINE = Who(lambda actor, _subject: actor.role is Role.SYSTEM, say("the command line"))
WITHOUT_SECRETARIAT = Denial(
    Kind.WRONG_STATE, say("This is the only person who can sign in as the secretariat. Give somebody else that seat first, and let them sign in once.")
)
_ABLE = frozenset({PersonState.INVITED, PersonState.ACTIVE})


def keeps_secretariat(_actor: Actor, person: object, _now: datetime) -> Denial | None:
    """Refuse to take away the only person who can act as the secretariat: nobody could put it right."""
    return WITHOUT_SECRETARIAT if getattr(person, "only_secretariat", False) else None


UNIT: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (ANYONE,)),
    Action.CREATE: Rule(say("Add a unit"), (SECRETARIAT,), offered=False),
    Action.CHANGE: Rule(say("Change the entry"), (SECRETARIAT,)),
}

WHOEVER = Who(lambda _actor, _person: True, say("anybody, signed in or not"))
PERSON: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (ANYONE,)),
    Action.CREATE: Rule(say("Add a person"), (SECRETARIAT, COMMAND_LINE), offered=False),
    Action.INVITE: Rule(say("Make an invitation link"), (SECRETARIAT, COMMAND_LINE), frozenset({PersonState.INVITED})),
    Action.RESET: Rule(say("Make a password link"), (SECRETARIAT,), frozenset({PersonState.ACTIVE})),
    Action.CHANGE: Rule(say("Change the entry"), (SECRETARIAT,)),
    Action.SEAT: Rule(say("Give a seat"), (SECRETARIAT, COMMAND_LINE), _ABLE, tells=("self",), news=say("You now hold a seat: {seat}.")),
    Action.UNSEAT: Rule(say("End a seat"), (SECRETARIAT,), tells=("self",), news=say("Your seat ends: {seat}."), offered=False),
    Action.SUSPEND: Rule(say("Suspend"), (SECRETARIAT,), _ABLE, PersonState.SUSPENDED, when=(keeps_secretariat,), reason=True),
    Action.REINSTATE: Rule(
        say("Lift the suspension"),
        (SECRETARIAT,),
        frozenset({PersonState.SUSPENDED}),
        PersonState.INVITED,
        tells=("self",),
        news=say("Your account is open again."),
    ),
    Action.JOIN: Rule(say("Set a password"), (SELF,), frozenset({PersonState.INVITED}), PersonState.ACTIVE, offered=False),
    Action.CHANGE_PASSWORD: Rule(say("Change the password"), (SELF,), frozenset({PersonState.ACTIVE}), offered=False),
    Action.REQUEST_RESET: Rule(
        say("Ask for a new password"),
        (WHOEVER,),
        _ABLE,
        tells=("secretariat",),
        news=say("{person} asked for a new password. Make a link on their page and hand it over."),
        offered=False,
    ),
    Action.SIGN_IN: Rule(say("Sign in"), (SELF,), frozenset({PersonState.ACTIVE}), offered=False),
    Action.SIGN_OUT: Rule(say("Sign out"), (SELF,), offered=False),
    Action.END_SESSION: Rule(say("End a session"), (SELF,), offered=False),
}
