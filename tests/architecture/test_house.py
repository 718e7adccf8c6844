"""The rules of the house that no linter knows. Each is first shown to find what it looks for."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(path for path in (ROOT / "tracker").rglob("*.py") if "migrations/versions" not in path.as_posix())
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
LONGEST_FUNCTION = 50
LONGEST_FILE = 400
HANDED_OUT = "tracker/voting/alone/recount.py"  # goes out with every record as one file, so it cannot be divided
DRAWERS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "service", "services"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
EXACT_TIMES = {"now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp"}
DATABASE_TIMES = {"now", "current_timestamp", "current_date", "localtimestamp", "sysdate"}

Finding = tuple[int, str]


def long_functions(tree: ast.AST) -> Iterator[Finding]:
    """Functions that are more than one thought."""
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS) and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION:
            yield node.lineno, f"{node.name} has {length} lines"


def hidden_imports(tree: ast.AST) -> Iterator[Finding]:
    """Imports inside functions."""
    for function in ast.walk(tree):
        if isinstance(function, FUNCTIONS):
            yield from ((node.lineno, "import") for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom))


def nets(tree: ast.AST) -> Iterator[Finding]:
    """Handlers that catch everything; one that only cleans up and raises again is none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and _catches_all(node.type) and not _raises_again(node):
            yield node.lineno, "except Exception"


def _catches_all(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(map(_catches_all, caught.elts))
    return caught is None or (isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"})


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None and isinstance(handler.type, ast.Name) and handler.type.id == "BaseException"


def state_changes(tree: ast.AST) -> Iterator[Finding]:
    """Assignments to a state, also by setattr or in a bulk update."""
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign | ast.AugAssign) else []
        flat = [part for target in targets for part in ast.walk(target)]
        if any(isinstance(part, ast.Attribute) and part.attr == "state" and isinstance(part.ctx, ast.Store) for part in flat):
            yield node.lineno, "assigns .state"
        if isinstance(node, ast.Call) and _call_changes_state(node):
            yield node.lineno, "changes a state by call"


def _call_changes_state(call: ast.Call) -> bool:
    name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr if isinstance(call.func, ast.Attribute) else ""
    second_is_state = len(call.args) > 1 and isinstance(call.args[1], ast.Constant) and call.args[1].value == "state"
    updates = name == "values" and _has_update(call.func) and any(keyword.arg == "state" for keyword in call.keywords)
    return (name == "setattr" and second_is_state) or updates


def _has_update(expression: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Name | ast.Attribute) and (getattr(node, "id", "") or getattr(node, "attr", "")) == "update" for node in ast.walk(expression)
    )


def other_clocks(tree: ast.AST) -> Iterator[Finding]:
    """Sources of time other than tracker.clock: Python's and the database's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if (owner in {"datetime", "date"} and node.attr in EXACT_TIMES) or (owner == "func" and node.attr in DATABASE_TIMES):
                yield node.lineno, f"{owner}.{node.attr}"
            if owner == "time" and node.attr in {"time", "time_ns", "localtime", "gmtime", "monotonic", "perf_counter"}:
                yield node.lineno, f"time.{node.attr}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"CURRENT_(TIMESTAMP|DATE|TIME)\b", node.value):
            yield node.lineno, "CURRENT_TIMESTAMP"


def handed_sessions(tree: ast.AST) -> Iterator[Finding]:
    """Functions that want the database's session handed over, where ``tracker.db.session()`` gives it."""
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            wanted = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield from (
                (node.lineno, f"{node.name}({one.arg})") for one in wanted if one.annotation and ast.unparse(one.annotation).split(".")[-1] == "Session"
            )


RULES: dict[Callable[[ast.AST], Iterator[Finding]], tuple[set[str], str]] = {
    long_functions: (set(), "def f():\n" + "    f()\n" * LONGEST_FUNCTION),
    hidden_imports: (set(), "def f():\n    if f:\n        import os\n"),
    nets: (set(), "try:\n    f()\nexcept (OSError, Exception):\n    pass\n"),
    state_changes: ({"transitions.py"}, "def f(p):\n    p.size, p.state = 1, 'open'\n"),
    other_clocks: ({"clock.py"}, "import datetime\nx = datetime.datetime.now()\n"),
    handed_sessions: ({"audit/chain.py", "search/actions.py"}, "def f(p, *, session: orm.Session):\n    session.add(p)\n"),
}
MORE_CONTROLS = [
    (nets, "try:\n    f()\nexcept:\n    pass\n"),
    (nets, "try:\n    f()\nexcept BaseException:\n    pass\n"),
    (state_changes, "setattr(p, 'state', 1)\n"),
    (state_changes, "p.ballot.state: str = 'open'\n"),
    (state_changes, "run(update(P).where(P.id == 1).values(state='x'))\n"),
    (other_clocks, "x = date.today()\n"),
    (other_clocks, "x = sa.func.now()\n"),
    (other_clocks, "x = time.time()\n"),
    (other_clocks, "x = text('SELECT CURRENT_TIMESTAMP')\n"),
]
INNOCENT = "def f(p):\n    try:\n        p.state_of = p.state == 1\n    except BaseException:\n        p.close()\n        raise\n"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_code_keeps_rule(rule: Callable[[ast.AST], Iterator[Finding]]) -> None:
    excused, _ = RULES[rule]
    files = [path for path in CODE if path.relative_to(ROOT / "tracker").as_posix() not in excused]
    assert [f"{path.relative_to(ROOT)}:{line}: {what}" for path in files for line, what in rule(ast.parse(path.read_text("utf-8")))] == []


@pytest.mark.parametrize(("rule", "text"), [*((rule, text) for rule, (_, text) in RULES.items()), *MORE_CONTROLS])
def test_rule_finds_its_breach(rule: Callable[[ast.AST], Iterator[Finding]], text: str) -> None:
    assert len(list(rule(ast.parse(text)))) == 1


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_leaves_the_innocent(rule: Callable[[ast.AST], Iterator[Finding]]) -> None:
    assert list(rule(ast.parse(INNOCENT))) == []


def test_no_file_is_too_long() -> None:
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in CODE}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE and name != HANDED_OUT} == {}


def test_no_module_is_a_junk_drawer() -> None:
    paths = [path.relative_to(ROOT) for path in [*CODE, *TEMPLATES]]
    assert [path.as_posix() for path in paths if DRAWERS & {part.lower() for part in (*path.parts[:-1], path.stem)}] == []


FORBIDDEN_IN_TEMPLATES = {
    "inline style": r"\sstyle\s*=",
    "inline handler": r"\son[a-z]+\s*=\s*[\"']",
    "inline script": r"<script(?![^>]*\ssrc=)[^>]*>",
    "style element": r"<style\b",
    "test of a role": r"\brole\s*(==|!=|(not\s+)?in)\s*[\"'(\[]|\b(actor|current_user|user|person|seat)\.role\s*(==|!=|(not\s+)?in\b)|\bis_(chair|director|secretariat|admin)\b",
    "javascript address": r"=\s*[\"']\s*javascript:",
}
BREACHES = [
    ("inline style", '<p style="color: red">'),
    ("inline handler", "<p onclick='f()'>"),
    ("inline script", "<script>f()</script>"),
    ("inline script", '<script nonce="x">f()</script>'),
    ("style element", "<style>p {}</style>"),
    ("test of a role", "{% if actor.role == 'chair' %}"),
    ("test of a role", "{% if current_user.role in CHAIRS %}"),
    ("test of a role", "{{ 'x' if role not in ('chair',) }}"),
    ("javascript address", '<a href="javascript:f()">'),
]


@pytest.mark.parametrize("what", FORBIDDEN_IN_TEMPLATES)
def test_templates_keep_rule(what: str) -> None:
    pattern = re.compile(FORBIDDEN_IN_TEMPLATES[what], re.IGNORECASE)
    bound = [path for path in TEMPLATES if path.parent.name != "email"] if what == "style element" else TEMPLATES  # an e-mail carries its own, being no page
    texts = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in bound if path.is_file() and path.suffix == ".html"}
    assert [f"{name}: {found[0]}" for name, text in texts.items() for found in pattern.finditer(text)] == []


@pytest.mark.parametrize(("what", "text"), BREACHES)
def test_template_rule_finds_its_breach(what: str, text: str) -> None:
    assert re.search(FORBIDDEN_IN_TEMPLATES[what], text, re.IGNORECASE)


def test_template_rules_leave_the_innocent() -> None:
    text = '<script src="/app.js" defer></script><td role="cell" data-on="x">{{ actor.role_name }}</td><link rel="stylesheet">{% for role in roles %}{% if role == view.role %}'
    assert [what for what, pattern in FORBIDDEN_IN_TEMPLATES.items() if re.search(pattern, text, re.IGNORECASE)] == []


MACHINE = re.compile(
    rf"/(?:home|Users)/\w+|{re.escape(str(ROOT))}\b|{re.escape(str(Path.home()))}/\w|file:///\w+|"
    r"https?://[^\s\"']*(?:/simple\b|\.(?:whl|tar\.gz|tgz|deb)\b)|--(?:extra-)?index" + "-url"
)
EXCUSED = {"tests/architecture/test_house.py"}


def test_tracked_files_name_no_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    paths = [ROOT / name for name in listed if name and name not in EXCUSED and (ROOT / name).is_file()]
    texts = {path.relative_to(ROOT).as_posix(): path.read_bytes().decode("utf-8", "replace") for path in paths}
    assert [f"{name}: {found[0]}" for name, text in texts.items() for found in MACHINE.finditer(text)] == []


@pytest.mark.parametrize("text", ["/home/somebody/x", "https://example.org/simple/x", "https://example.org/x-1.0.whl", "--index" + "-url x", "file:///opt"])
def test_machine_pattern_finds_its_breach(text: str) -> None:
    assert MACHINE.search(text)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_pins_have_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    pins = re.findall(r"(?m)^\S+==\S+ \\$", text)
    assert "://" not in text
    assert len(pins) == len(re.findall(r"(?m)^[^#\s]", text))
    assert len(re.findall(r"(?m)^\S+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", text)) == len(pins)
