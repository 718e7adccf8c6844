"""`tracker policy table`: who may do what, as documentation, from the rows that the program itself obeys."""

from __future__ import annotations

import click

from tracker.comments.rules import REMARK
from tracker.members.rules import PERSON, UNIT
from tracker.policy import Action, Rule
from tracker.programmes.rules import LATE_PASS, PROGRAMME
from tracker.projects.rules import CALENDAR_DAY, OBJECTION, PROJECT, ROUND
from tracker.proposals.rules import PROPOSAL
from tracker.reports.rules import REPORT
from tracker.reviews.rules import REVIEW
from tracker.voting.rules import BALLOT

TABLES = (
    ("Unit", UNIT),
    ("Person", PERSON),
    ("Programme", PROGRAMME),
    ("Late pass", LATE_PASS),
    ("Proposal", PROPOSAL),
    ("Expert review", REVIEW),
    ("Comment on a proposal", REMARK),
    ("Ballot", BALLOT),
    ("Project", PROJECT),
    ("Objection to a project", OBJECTION),
    ("Round of reports", ROUND),
    ("Quarterly report", REPORT),
    ("Day of the working calendar", CALENDAR_DAY),
)


@click.group()
def policy() -> None:
    """Print what the program allows."""


@policy.command()
def table() -> None:
    """Print every verb of every noun: who, from which states, to which, whom it tells, whether a reason is owed."""
    click.echo(as_markdown(), nl=False)


def as_markdown() -> str:
    """Return the tables as Markdown."""
    parts = ["# Who may do what\n\nPrinted by `tracker policy table` from the rows that the program obeys."]
    for noun, rules in TABLES:
        rows = [_row(action, rule) for action, rule in rules.items()]
        parts.append("\n".join([f"## {noun}\n", "| verb | who | from | conditions | becomes | tells | reason |", "|---|---|---|---|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _row(action: Action, rule: Rule) -> str:
    who = "; ".join(str(one.words) for one in rule.who)
    states = ", ".join(sorted(rule.states)) or "any state"
    conditions = " ".join(_first_sentence(condition.__doc__) for condition in rule.when)
    return f"| `{action.value}` | {who} | {states} | {conditions} | {rule.to or ''} | {', '.join(rule.tells)} | {'owed' if rule.reason else ''} |"


def _first_sentence(text: str | None) -> str:
    return (text or "").split("\n")[0].replace("``", "`")
