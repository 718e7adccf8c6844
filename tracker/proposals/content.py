"""What a proposal can hold: the catalogue of its fields and tables with the limits the program ships, each said once. Pure.

The working copy and every version are JSON of this shape (``SCHEMA`` names it): a text per field of ``FIELDS`` (title aside, which has
columns of its own), a list of rows per table of ``TABLES`` (partners aside, which are rows of the database), ``keywords``, and amounts
in 分. Which of it a programme asks for is said by its form (``form.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from tracker.fields import Field, Kind, Section, Table, names
from tracker.messages import Message, say

SCHEMA = 1
KEYWORDS = 4
KEYWORD_ZI = 12
NOTE_ZI = 1000

Content = Mapping[str, Any]


class ResultForm(StrEnum):
    """The form of an expected result (预期成果形式)."""

    REPORT = "report"
    WHITE_PAPER = "white_paper"
    POLICY_ADVICE = "policy_advice"
    PAPER = "paper"
    GROUP_STANDARD = "group_standard"
    GUIDELINE = "guideline"
    CASE_COLLECTION = "case_collection"
    DATA_SET = "data_set"
    SOFTWARE = "software"
    TRAINING = "training"


class TopicClass(StrEnum):
    """The class of a topic (课题类别)."""

    KEY = "key"
    GENERAL = "general"
    OWN = "own"


class Expense(StrEnum):
    """The kind of a budget line (经费科目)."""

    EQUIPMENT = "equipment"
    OPERATIONS = "operations"
    LABOUR = "labour"
    OTHER = "other"


CLASSES: Mapping[str, Message] = {
    TopicClass.KEY: say("Key topic"),
    TopicClass.GENERAL: say("General topic"),
    TopicClass.OWN: say("Topic of the unit's own choice"),
}
FORMS: Mapping[str, Message] = {
    ResultForm.REPORT: say("Report"),
    ResultForm.WHITE_PAPER: say("White paper"),
    ResultForm.POLICY_ADVICE: say("Policy advice"),
    ResultForm.PAPER: say("Paper"),
    ResultForm.GROUP_STANDARD: say("Group standard"),
    ResultForm.GUIDELINE: say("Guideline"),
    ResultForm.CASE_COLLECTION: say("Case collection"),
    ResultForm.DATA_SET: say("Data set"),
    ResultForm.SOFTWARE: say("Software"),
    ResultForm.TRAINING: say("Training"),
}
EXPENSES: Mapping[str, Message] = {
    Expense.EQUIPMENT: say("Equipment"),
    Expense.OPERATIONS: say("Operations"),
    Expense.LABOUR: say("Labour"),
    Expense.OTHER: say("Other expenses"),
}


TITLES = (
    Field(
        "title_zh",
        say("Title in Chinese"),
        zi=40,
        longest=200,
        owed=False,
        hint=say("At most {limit} characters, punctuation included. A title in one language is required.", limit=40),
    ),
    Field("title_en", say("Title in English"), zi=40, longest=200, owed=False, hint=say("At most {limit} characters (字); a word counts as one.", limit=40)),
)
TOPIC_CLASS = Field("topic_class", say("Class of the topic"), Kind.CODE, owed=False, codes=CLASSES)
BACKGROUND = Field("background", say("Background and need"), Kind.TEXT, 1500)
RATIONALE = Field("rationale", say("Rationale"), Kind.TEXT, 1000, hint=say("Why this topic, and why now."))
RESEARCH = Field("content", say("Research content"), Kind.TEXT, 2000)
METHOD = Field("method", say("Method"), Kind.TEXT, 1500)
NOVELTY = Field("novelty", say("Novelty"), Kind.TEXT, 800, owed=False)
PRIOR_WORK = Field("prior_work", say("Prior work"), Kind.TEXT, 1000, owed=False)
REFERENCES = Field("references", say("References"), Kind.TEXT, 1000, owed=False, hint=say("One to a line."))
INVESTIGATOR = (
    Field("investigator_name", say("Name of the principal investigator")),
    Field("investigator_unit", say("Unit of the principal investigator"), zi=60),
    Field("investigator_title", say("Professional title of the principal investigator"), owed=False),
)
CONTACT = (
    Field("contact_name", say("Name of the contact")),
    Field("contact_email", say("E-mail of the contact"), Kind.EMAIL, longest=254, owed=False),
    Field("contact_phone", say("Telephone of the contact"), Kind.PHONE, longest=30, owed=False, hint=say("An e-mail address or a telephone number is enough.")),
)
PERIOD = (
    Field("period_from", say("First month"), Kind.MONTH, hint=say("Year and month, as in 2021-01.")),
    Field("period_to", say("Last month"), Kind.MONTH, hint=say("Year and month, as in 2021-12.")),
)
TOTAL = Field("budget_total", say("Total budget in yuan"), Kind.MONEY, hint=say("It must equal the sum of the lines."))
PARTNERS = Table(
    "partners",
    say("Partner units"),
    (Field("unit", say("Unit"), Kind.UNIT), Field("share", say("Share of the work"), Kind.TEXT, 200)),
    20,
    add=say("Add a partner unit"),
    hint=say("Other member units that take part, each with its share of the work. They see the draft, and they do not vote where the rule says so."),
)
TEAM = Table(
    "team",
    say("Team"),
    (
        Field("name", say("Name")),
        Field("unit", say("Unit"), zi=60, owed=False),
        Field("title", say("Professional title"), owed=False),
        Field("role", say("Role in the project"), owed=False),
    ),
    30,
    add=say("Add a person"),
)
RESULTS = Table(
    "results",
    say("Expected results"),
    (
        Field("name", say("Result"), zi=60),
        Field("form", say("Form"), Kind.CODE, codes=FORMS),
        Field("quarter", say("Planned quarter"), Kind.QUARTER),
        Field("use", say("Use"), Kind.TEXT, 200, owed=False),
    ),
    20,
    least=1,
    add=say("Add a result"),
)
SCHEDULE = Table(
    "schedule",
    say("Schedule"),
    (Field("quarter", say("Quarter"), Kind.QUARTER), Field("work", say("Work in this quarter"), Kind.TEXT, 300)),
    12,
    least=1,
    add=say("Add a quarter"),
)
BUDGET = Table(
    "budget",
    say("Budget lines"),
    (
        Field("kind", say("Kind"), Kind.CODE, codes=EXPENSES),
        Field("amount", say("Amount in yuan"), Kind.MONEY),
        Field("basis", say("Basis"), Kind.TEXT, 200, owed=False),
    ),
    20,
    least=1,
    add=say("Add a budget line"),
    hint=say("In yuan, as in 180,000 or 1200.50; or in ten thousands of yuan, as in 18 万."),
)

TEXTS = (BACKGROUND, RATIONALE, RESEARCH, METHOD, NOVELTY, PRIOR_WORK, REFERENCES)
FIELDS = (TOPIC_CLASS, *TEXTS, *INVESTIGATOR, *CONTACT, *PERIOD, TOTAL)
TABLES = (TEAM, RESULTS, SCHEDULE, BUDGET)
SCALARS: Mapping[str, Field] = {field.name: field for field in (*TITLES, *FIELDS)}
GRIDS: Mapping[str, Table] = {table.name: table for table in (PARTNERS, *TABLES)}
AREA, KEYWORDS_LABEL = say("Topic area"), say("Keywords")
KEYWORDS_HINT = say("At most {limit}, parted by commas.", limit=KEYWORDS)
UNDERTAKING = say("On behalf of our unit: what this proposal says is true, it infringes nobody's rights, and our unit carries it out if it is approved.")


SECTIONS = (
    Section("topic", say("Topic"), (*names(*TITLES, TOPIC_CLASS), "area", "keywords")),
    Section("people", say("Units and people"), names(PARTNERS, *INVESTIGATOR, TEAM, *CONTACT)),
    Section("why", say("Why"), names(BACKGROUND, RATIONALE)),
    Section("what", say("What and how"), names(RESEARCH, METHOD, NOVELTY, PRIOR_WORK, REFERENCES)),
    Section("results-and-schedule", say("Results and schedule"), names(RESULTS, *PERIOD, SCHEDULE)),
    Section("money", say("Budget"), names(BUDGET, TOTAL)),
)


def empty() -> dict[str, Any]:
    """Return the content of a proposal of which nothing is written yet."""
    texts: dict[str, Any] = {field.name: None if field.kind is Kind.MONEY else "" for field in FIELDS}
    return {"schema": SCHEMA, "keywords": [], **texts, **{table.name: [] for table in TABLES}}


def budget_sum(content: Content) -> int:
    """Return the sum of the budget lines in 分; a line without an amount counts nothing."""
    return sum(line["amount"] or 0 for line in content.get("budget", ()))


def quarters(year: int) -> list[str]:
    """Return the quarters a proposal of the programme of ``year`` may plan with: those of that year and the next."""
    return [f"{each}Q{number}" for each in (year, year + 1) for number in range(1, 5)]


def section_of(name: str) -> str:
    """Return the id of the section that holds a field, named as ``owing.missing`` and the browser's form name it."""
    stem = name.split("-", 1)[0]
    return next((section.id for section in SECTIONS if stem in section.names), SECTIONS[0].id)
