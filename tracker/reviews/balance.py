"""Sharing out reviews so that every expert carries as even a load as conflicts allow. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """A proposal that still needs ``more`` reviews, and the experts who may give them."""

    proposal_id: int
    more: int
    able: frozenset[int]


@dataclass(frozen=True, slots=True)
class Share:
    """Who is proposed to review what, as (proposal, expert), and how many reviews cannot be filled, by proposal."""

    pairs: tuple[tuple[int, int], ...]
    lacking: Mapping[int, int]


def share_out(needs: Sequence[Need], load: Mapping[int, int]) -> Share:
    """Propose experts for every need: ``load`` is what each expert carries already, and an expert not in it carries nothing.

    Each proposal gets as many as it needs or as there are able ones. Of all such shares the sum of the squared loads is the
    least: first the least loaded are taken, then reviews are passed along chains of experts from a heavier to one lighter by two
    or more, until there is no such chain. The same input gives the same answer.
    """
    chosen: dict[int, set[int]] = {}
    carried = {expert: load.get(expert, 0) for need in needs for expert in need.able}
    for need in sorted(needs, key=lambda need: (len(need.able), need.proposal_id)):
        taken = sorted(need.able, key=lambda expert: (carried[expert], expert))[: max(need.more, 0)]
        chosen[need.proposal_id] = set(taken)
        for expert in taken:
            carried[expert] += 1
    able = {need.proposal_id: need.able for need in needs}
    while chain := _chain(chosen, able, carried):
        for proposal, giver, taker in chain:
            chosen[proposal].remove(giver)
            chosen[proposal].add(taker)
        carried[chain[0][1]] -= 1
        carried[chain[-1][2]] += 1
    pairs = tuple((proposal, expert) for proposal in sorted(chosen) for expert in sorted(chosen[proposal]))
    lacking = {need.proposal_id: lack for need in needs if (lack := need.more - len(chosen[need.proposal_id])) > 0}
    return Share(pairs, lacking)


Step = tuple[int, int, int]


def _chain(chosen: Mapping[int, Collection[int]], able: Mapping[int, Collection[int]], carried: Mapping[int, int]) -> list[Step]:
    """Return how a heavier expert can pass one review on, perhaps through others, to one lighter by two or more; [] when none can."""
    for start in sorted(carried, key=lambda expert: (-carried[expert], expert)):
        came: dict[int, Step | None] = {start: None}
        queue = deque([start])
        while queue:
            here = queue.popleft()
            if carried[here] + 2 <= carried[start]:
                return _back(came, here)
            for proposal in sorted(chosen):
                if here in chosen[proposal]:
                    for taker in sorted(set(able[proposal]) - set(chosen[proposal]) - came.keys()):
                        came[taker] = (proposal, here, taker)
                        queue.append(taker)
    return []


def _back(came: Mapping[int, Step | None], end: int) -> list[Step]:
    steps: list[Step] = []
    at = came[end]
    while at is not None:
        steps.append(at)
        at = came[at[1]]
    return steps[::-1]
