"""Who may manage units, people and seats. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from tracker.messages import Message, say
from tracker.policy import ANYONE, SECRETARIAT, Action, Actor, Role, Rule, Who


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

UNIT: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (ANYONE,)),
    Action.CREATE: Rule(say("Add a unit"), (SECRETARIAT,), offered=False),
    Action.CHANGE: Rule(say("Change the entry"), (SECRETARIAT,)),
}

PERSON: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (ANYONE,)),
    Action.INVITE: Rule(say("Make an invitation link"), (SECRETARIAT,), frozenset({PersonState.INVITED})),
    Action.RESET: Rule(say("Make a password link"), (SECRETARIAT,), frozenset({PersonState.ACTIVE})),
    Action.CHANGE: Rule(say("Change the entry"), (SECRETARIAT,)),
    Action.SEAT: Rule(say("Give a seat"), (SECRETARIAT,), tells=("self",), news=say("You now hold a seat: {role}, {seat_unit}.")),
    Action.UNSEAT: Rule(say("End a seat"), (SECRETARIAT,), tells=("self",), news=say("Your seat has ended: {role}, {seat_unit}."), offered=False),
    Action.SUSPEND: Rule(say("Suspend"), (SECRETARIAT,), frozenset({PersonState.ACTIVE, PersonState.INVITED}), PersonState.SUSPENDED, reason=True),
    Action.REINSTATE: Rule(say("Lift the suspension"), (SECRETARIAT,), frozenset({PersonState.SUSPENDED}), PersonState.INVITED),
    Action.JOIN: Rule(say("Set a password"), (SELF,), frozenset({PersonState.INVITED, PersonState.ACTIVE}), PersonState.ACTIVE, offered=False),
    Action.SIGN_IN: Rule(say("Sign in"), (SELF,), frozenset({PersonState.ACTIVE}), offered=False),
    Action.SIGN_OUT: Rule(say("Sign out"), (SELF,), offered=False),
    Action.END_SESSION: Rule(say("End a session"), (SELF,), offered=False),
}
