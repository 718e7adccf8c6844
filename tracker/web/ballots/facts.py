"""How a ballot is decided, as its pages say it."""

from __future__ import annotations

from tracker.messages import Message, say
from tracker.voting.grammar import parse_rule
from tracker.voting.models import Ballot
from tracker.voting.sentence import rule_facts
from tracker.voting.tally import Counts

PROXIES = (say("Proxies"), say("A unit may vote for another that gave it a written proxy."))


def facts_of(ballot: Ballot) -> list[tuple[Message, Message]]:
    """Return how the ballot is decided; where items differ in how many are recused, with the numbers of the most, and saying so."""
    recused = sorted({len(item.recusals) for item in ballot.items}) or [0]
    facts = [(fact.label, fact.text) for fact in rule_facts(parse_rule(ballot.rule), Counts(roll=len(ballot.roll), recused=recused[-1]))]
    if len(recused) > 1:
        facts.append((say("Recused"), say("From {least} to {most} units, item by item; the numbers here are for {most}.", least=recused[0], most=recused[-1])))
    if ballot.options.get("proxies"):
        facts.append(PROXIES)
    return facts
