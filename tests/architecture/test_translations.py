"""Everything people read exists in both languages: the Chinese catalogue is complete, and no template holds a bare literal."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "tracker/translations/zh/LC_MESSAGES/messages.po"
METHODS = [("tracker/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "_l": None, "say": None, "ngettext": (1, 2)}
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
LITERAL_ONLY = {"say", "_l", "lazy_gettext"}

Msgid = str | tuple[str, ...]


def extracted(folder: Path = ROOT) -> set[Msgid]:
    """Return every text that code or templates ask to be translated."""
    found: set[Msgid] = set()
    for part in ("tracker", "templates"):
        for _, _, msgid, _, _ in extract_from_dir(
            folder / part, [(pattern.removeprefix(f"{part}/"), method) for pattern, method in METHODS], keywords=KEYWORDS
        ):
            found.add(msgid)
    return found


def placeholders(text: str) -> set[str]:
    """Return what a text leaves open: {name} and %(name)s."""
    return set(re.findall(r"\{(\w+)[^{}]*\}|%\((\w+)\)[sd]", text))


def gaps(msgids: set[Msgid], catalogue: Catalog) -> list[str]:
    """Return one line for each text without a finished translation of the same placeholders."""
    return sorted(f"{problem}: {msgid!r}" for msgid in msgids if (problem := _problem(msgid, catalogue.get(msgid))))


def _problem(msgid: Msgid, entry: Message | None) -> str:
    sources = [msgid] if isinstance(msgid, str) else list(msgid)
    translations = [] if entry is None else [entry.string] if isinstance(entry.string, str) else list(entry.string)
    if not translations or not all(translations):
        return "missing"
    if entry is not None and entry.fuzzy:
        return "fuzzy"
    wanted = set().union(*map(placeholders, sources))
    return "" if all(placeholders(text) == wanted for text in translations) else "other placeholders"


class Texts(HTMLParser):
    """Collects what a person would read in a page: text, and attributes that are read out or shown."""

    READ = ("aria-label", "aria-description", "placeholder", "title", "alt", "label", "data-confirm")
    SILENT = ("script", "style")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self.silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent = tag in self.SILENT
        shown = [value for name, value in attrs if name in self.READ]
        if tag == "input" and dict(attrs).get("type") in {"submit", "button", "reset"}:
            shown.append(dict(attrs).get("value"))
        self.found += [(self.getpos()[0], value) for value in shown if value]

    def handle_endtag(self, tag: str) -> None:
        self.silent = self.silent and tag not in self.SILENT

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append((self.getpos()[0], data))


# The languages call themselves by their own names; a standard's name is the same in both.
ALLOWED = {"中文", "English", "EN", "SHA-256"}
OPEN, CLOSE = "\ue000", "\ue001"
ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)


def bare_literals(template: str) -> list[tuple[int, str]]:
    """Return line and text of each literal that would be shown untranslated."""
    parser = Texts()
    parser.feed(_without_jinja(template))
    parser.close()
    return [(line, literal) for line, text in parser.found for literal in _literals(text) if literal not in ALLOWED]


def _without_jinja(template: str) -> str:
    """Replace each expression by its source between two private characters, each statement and comment by its line ends.

    An element whose very name is an expression becomes a div.
    """
    parts: list[str] = []
    inside = ""
    for _, kind, value in ENVIRONMENT.lexer.tokeniter(template, None):
        if kind.endswith("_begin") and not inside:
            inside = kind.removesuffix("_begin")
            parts.append(OPEN if inside == "variable" else "")
        elif inside and kind == f"{inside}_end":
            parts.append((CLOSE if inside == "variable" else "") + "\n" * value.count("\n"))
            inside = ""
        elif inside == "variable":
            parts.append(value.translate({ord(sign): chr(0xE100 + ord(sign)) for sign in "<>&\"'"}))
        else:
            parts.append("\n" * value.count("\n") if inside else value)
    return re.sub(f"(</?){OPEN}.*?{CLOSE}", r"\1div", "".join(parts))


def _literals(text: str) -> Iterator[str]:
    """Give the words outside expressions, and the constants that an expression shows as they are."""
    for expression in re.findall(f"{OPEN}(.*?){CLOSE}", text, re.DOTALL):
        source = "".join(chr(ord(sign) - 0xE100) if 0xE100 <= ord(sign) < 0xE200 else sign for sign in expression)
        yield from filter(_has_words, _shown(ENVIRONMENT.parse("{{ " + source + " }}").body[0]))
    plain = " ".join(re.sub(f"{OPEN}.*?{CLOSE}", " ", text, flags=re.DOTALL).split())
    if _has_words(plain):
        yield plain


def _has_words(text: str) -> bool:
    return any(sign.isalpha() for sign in text)


def _shown(node: nodes.Node) -> Iterator[str]:
    """Give the string constants that come out of ``node`` unchanged: not those handed to a call, a filter or a comparison."""
    if isinstance(node, nodes.Const | nodes.TemplateData):
        value = node.value if isinstance(node, nodes.Const) else node.data
        yield value if isinstance(value, str) else ""
    branches: list[nodes.Node | None] = []
    if isinstance(node, nodes.Output):
        branches = [*node.nodes]
    elif isinstance(node, nodes.CondExpr):
        branches = [node.expr1, node.expr2]
    elif isinstance(node, nodes.Or | nodes.Add):
        branches = [node.left, node.right]
    elif isinstance(node, nodes.Concat):
        branches = [*node.nodes]
    for branch in branches:
        if branch is not None:
            yield from _shown(branch)


def unextractable(tree: ast.AST) -> list[int]:
    """Return the lines where a text is asked for by a name, which no extractor can see."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in LITERAL_ONLY]
    return [call.lineno for call in calls if not (call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))]


def test_chinese_catalogue_is_complete() -> None:
    with CATALOGUE.open("rb") as file:
        assert gaps(extracted(), read_po(file, locale="zh")) == []


def test_extraction_reads_code_and_templates(tmp_path: Path) -> None:
    for name, text in {
        "tracker/voting/rules.py": "say('Said {x}.', x=1)\nLABEL = _l('Label')\nngettext('%(num)s vote', '%(num)s votes', 2)\n",
        "templates/notices/index.html": "<p title=\"{{ _('In a template') }}\"></p>",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert extracted(tmp_path) == {"Said {x}.", "Label", ("%(num)s vote", "%(num)s votes"), "In a template"}


def test_gaps_names_missing_fuzzy_and_wrong_placeholders() -> None:
    catalogue = Catalog(locale="zh")
    catalogue.add("Good {name}", "好 {name}")
    catalogue.add("Fuzzy", "模糊", flags=["fuzzy"])
    catalogue.add("At {time}", "在")
    catalogue.add(("%(num)s vote", "%(num)s votes"), ("%(num)s 票",))
    msgids: set[Msgid] = {"Good {name}", "Fuzzy", "At {time}", "Missing", ("%(num)s vote", "%(num)s votes")}
    assert gaps(msgids, catalogue) == ["fuzzy: 'Fuzzy'", "missing: 'Missing'", "other placeholders: 'At {time}'"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_template_has_no_bare_literal(path: Path) -> None:
    assert bare_literals(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Save</p>", ["Save"]),
        ("<p>{{ n }} 票</p>", ["票"]),
        ('<a href="/x" aria-label="Close">×</a>', ["Close"]),
        ('<img alt="The {{ x }}">', ["The"]),
        ("<p>{{ 'Yes' if x == 'no' else _('No') }}</p>", ["Yes"]),
        ("<p>{{ x or 'none' }}</p>", ["none"]),
        ("{% if x %}<b>\nSave</b>{% endif %}", ["Save"]),
        ('<input type="submit" value="Send">', ["Send"]),
        ("<a class=\"b {{ 'on' if x }}\" {% if x %}title=\"Home\"{% endif %}>{{ _('a') }}</a>", ["Home"]),
    ],
)
def test_bare_literals_are_found(template: str, found: list[str]) -> None:
    assert [text for _, text in bare_literals(template)] == found


@pytest.mark.parametrize(
    "template",
    [
        "<{{ kind }}{% if url %} href=\"{{ url }}\"{% endif %}>{{ _('Save') }}</{{ kind }}>",
        "{# A note. #}<p class='x'>{{ _('Save') }} · 12 %</p>",
        "{% set kind = 'ok' %}{{ icon('flag', label=_('Done')) }}{{ x|date('long') }}",
        '<html lang="{{ locale }}"><input type="hidden" value="abc"><p title="{{ _("x") }}">中文</p>',
        "<p>{{ _('Up to %(n)s', n=3) if n > 1 and kind == 'long' else '—' }}</p>",
    ],
)
def test_bare_literals_leaves_the_innocent(template: str) -> None:
    assert bare_literals(template) == []


def test_texts_in_code_are_literals() -> None:
    files = sorted((ROOT / "tracker").rglob("*.py"))
    assert [f"{path.relative_to(ROOT)}:{line}" for path in files for line in unextractable(ast.parse(path.read_text("utf-8")))] == []


def test_unextractable_finds_a_name() -> None:
    assert unextractable(ast.parse("say('Good')\nsay(text)\nsay(f'{x}')\n")) == [2, 3]
