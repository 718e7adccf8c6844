"""How the votes of a ballot came in, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from tracker.messages import Message, say
from tracker.voting.models import Ballot, Item
from tracker.voting.rules import CHANNELS, Channel


def by_channel(item: Item, struck: Collection[int] = ()) -> list[tuple[Channel, int]]:
    """Return how many votes on an item came by each channel that was used, those of struck units left out; its votes must be loaded."""
    found = Counter(Channel(vote.channel) for vote in item.votes if vote.unit_id not in struck)
    return [(channel, found[channel]) for channel in Channel if found[channel]]


def channel_totals(ballot: Ballot, struck: Collection[int] = ()) -> list[Message]:
    """Say of a ballot as a whole by which ways its units voted, each unit once for every way that it used; its votes must be loaded."""
    used = {(vote.unit_id, Channel(vote.channel)) for item in ballot.items for vote in item.votes if vote.unit_id not in struck}
    found = Counter(channel for _unit, channel in used)
    return [_count(channel, found[channel]) for channel in Channel if found[channel]]


def channels_of(ballot: Ballot, unit_id: int) -> list[Message]:
    """Return by which ways a unit voted in a ballot, other than online."""
    used = {Channel(vote.channel) for item in ballot.items for vote in item.votes if vote.unit_id == unit_id}
    return [CHANNELS[channel] for channel in Channel if channel in used and channel is not Channel.ONLINE]


def _count(channel: Channel, count: int) -> Message:
    return say("{channel} {count}", channel=CHANNELS[channel], count=count)


def channel_counts(item: Item, struck: Collection[int] = ()) -> list[Message]:
    """Say it: "online 12", "on paper 2" …; nothing where nobody voted."""
    return [_count(channel, count) for channel, count in by_channel(item, struck)]


def channel_of(item: Item, unit_id: int) -> Message | None:
    """Say how a unit's vote on an item came in, unless it came online."""
    vote = next((one for one in item.votes if one.unit_id == unit_id), None)
    return None if vote is None or vote.channel is Channel.ONLINE else CHANNELS[Channel(vote.channel)]
