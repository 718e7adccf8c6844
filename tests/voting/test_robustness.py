"""What the outcome would be if the majority were taken of another base."""

from hypothesis import given
from hypothesis import strategies as st

from tracker.voting.grammar import Base
from tracker.voting.robustness import otherwise
from tracker.voting.tally import Counts, Outcome, parse_rule, tally

HALF = {"num": 1, "den": 2, "cmp": "gt"}


def test_a_clear_majority_holds_under_every_base() -> None:
    assert otherwise(parse_rule({"pass": {**HALF, "base": "expressed"}}), Counts(roll=18, recused=1, yes=14, no=1, abstain=1)) == {}


def test_many_abstentions_are_named_where_they_would_turn_the_vote() -> None:
    found = otherwise(parse_rule({"pass": {**HALF, "base": "expressed"}}), Counts(roll=10, yes=5, no=1, abstain=4))

    assert found == dict.fromkeys((Base.ROLL, Base.ENTITLED, Base.RETURNED, Base.VALID), Outcome.NOT_CARRIED)


def test_a_rejection_may_be_an_approval_of_those_who_chose() -> None:
    found = otherwise(parse_rule({"pass": {**HALF, "base": "valid"}}), Counts(roll=6, yes=3, no=1, abstain=2))

    assert found == {Base.EXPRESSED: Outcome.CARRIED}


def test_presence_is_asked_only_where_it_was_noted() -> None:
    rule = parse_rule({"pass": {**HALF, "base": "expressed"}})

    assert Base.PRESENT in (otherwise(rule, Counts(roll=9, present=9, yes=4, no=1)) or {})
    assert Base.PRESENT not in (otherwise(rule, Counts(roll=9, yes=4, no=1)) or {})


def test_a_rule_without_a_majority_has_no_base_to_change() -> None:
    assert otherwise(parse_rule({"yes_min": 1}), Counts(roll=3, yes=1)) is None


@given(st.sampled_from(Base).filter(lambda base: base is not Base.PRESENT), st.integers(0, 6), st.integers(0, 6), st.integers(0, 6))
def test_its_own_base_is_never_among_them(base: Base, yes: int, no: int, abstain: int) -> None:
    rule, counts = parse_rule({"pass": {**HALF, "base": base.value}}), Counts(roll=20, yes=yes, no=no, abstain=abstain)

    found = otherwise(rule, counts)

    assert found is not None
    assert base not in found
    assert tally(rule, counts).outcome not in found.values()
