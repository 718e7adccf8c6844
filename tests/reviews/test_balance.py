"""Sharing out reviews: nobody barred, nobody twice, everyone as evenly as can be."""

from __future__ import annotations

import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tracker.reviews.balance import Need, share_out

EXPERTS = range(1, 6)
ABLE = st.frozensets(st.sampled_from(EXPERTS), max_size=5)
NEEDS = st.lists(st.tuples(st.integers(0, 3), ABLE), max_size=5).map(lambda rows: [Need(place, more, able) for place, (more, able) in enumerate(rows)])
LOADS = st.dictionaries(st.sampled_from(EXPERTS), st.integers(0, 4))


@given(needs=NEEDS, load=LOADS)
def test_everyone_gets_what_can_be_and_nobody_barred_or_twice(needs: list[Need], load: dict[int, int]) -> None:
    share = share_out(needs, load)
    assert len(set(share.pairs)) == len(share.pairs)
    for need in needs:
        given_to = {expert for proposal, expert in share.pairs if proposal == need.proposal_id}
        assert given_to <= need.able
        assert len(given_to) == min(need.more, len(need.able))
        assert share.lacking.get(need.proposal_id, 0) == need.more - len(given_to)


def unevenness(pairs: list[tuple[int, int]], load: dict[int, int]) -> int:
    carried = Counter(load) + Counter(expert for _proposal, expert in pairs)
    return sum(count * count for count in carried.values())


@given(needs=NEEDS.filter(lambda needs: len(needs) < 4), load=LOADS)
def test_no_other_share_is_more_even(needs: list[Need], load: dict[int, int]) -> None:
    found = unevenness(list(share_out(needs, load).pairs), load)
    ways = [
        [[(need.proposal_id, one) for one in chosen] for chosen in itertools.combinations(sorted(need.able), min(need.more, len(need.able)))] for need in needs
    ]
    assert found == min(unevenness([pair for part in way for pair in part], load) for way in itertools.product(*ways))


@given(needs=NEEDS, load=LOADS)
def test_same_question_has_the_same_answer(needs: list[Need], load: dict[int, int]) -> None:
    assert share_out(needs, load) == share_out(list(reversed(needs)), dict(reversed(load.items())))


def test_ten_experts_share_sixty_proposals_evenly() -> None:
    share = share_out([Need(place, 3, frozenset(range(10))) for place in range(60)], {})
    assert set(Counter(expert for _proposal, expert in share.pairs).values()) == {18}
