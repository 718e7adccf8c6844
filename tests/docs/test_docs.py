"""What the guides say is true of the program: commands, settings, files, folders, permissions."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

from tracker.cli import main
from tracker.cli.policy import as_markdown
from tracker.config import ROOT, Committee

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
OPERATOR = ROOT / "docs" / "operator-guide.md"
LARGEST_PICTURE = 150 * 1024


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The names that a heading's link has, as the sites that show Markdown make them."""
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)}


def broken_links(page: Path) -> list[str]:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


def commands(group: click.Command = main, name: str = "tracker") -> set[str]:
    """Every command that does something, by its whole name."""
    if not isinstance(group, click.Group):
        return {name}
    return {found for verb, command in group.commands.items() for found in commands(command, f"{name} {verb}")}


def settings_read() -> set[str]:
    """The names that tracker/config.py takes from the environment."""
    tree = ast.parse(text(ROOT / "tracker" / "config.py"))
    read = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "given.get" and isinstance(node.args[0], ast.Constant)
    }
    return {str(name) for name in read} | {f"TRACKER_COMMITTEE_{name.upper()}" for name in Committee.__slots__}


def rows(page: Path, heading: str) -> str:
    """The first cells of the table under a heading."""
    section = text(page).partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return "\n".join(line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))


def test_permissions_are_those_of_the_program() -> None:
    assert text(ROOT / "docs" / "permissions.md") == as_markdown(), "run `tracker policy table > docs/permissions.md`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](nowhere.md) [b](#one) [c](#two) ![d](none.png) [e](https://example.org)", encoding="utf-8")
    assert broken_links(page) == ["nowhere.md", "#two", "none.png"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_knows_its_commands(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text(page), re.MULTILINE)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tracker_knows_its_commands(page: Path) -> None:
    known = commands()
    for said in re.findall(r"`tracker ([a-z]+(?: [a-z]+)?)", text(page)):
        assert any(f"tracker {said} ".startswith(f"{command} ") for command in known), said


def test_every_command_is_in_the_operators_guide() -> None:
    assert set(re.findall(r"`([^`]+)`", rows(OPERATOR, "Commands"))) == commands()


def test_every_option_named_beside_a_command_is_one_of_its_own() -> None:
    for line in text(OPERATOR).splitlines():
        if line.startswith("| `tracker ") and line.count(" ") and (verb := line.split("`")[1].split()[1]):
            options = {option for parameter in main.commands[verb].params for option in (*parameter.opts, *parameter.secondary_opts)}
            assert set(re.findall(r"`(--[a-z-]+)`", line)) <= options, line


def test_settings_are_those_that_the_program_reads() -> None:
    assert set(re.findall(r"`([A-Z_]+)`", rows(OPERATOR, "Settings"))) == settings_read()


def test_the_map_is_true_to_the_tree() -> None:
    for cell in rows(ROOT / "README.md", "The map").splitlines():
        first, *others = re.findall(r"`([^`]+)`", cell)
        parent = (ROOT / first).parent
        for name in (first, *others):
            assert (ROOT / name).exists() or (parent / name).exists(), name


def test_every_picture_is_shown_and_small() -> None:
    shown = {Path(link).name for page in PAGES for link in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text(page))}
    pictures = list((ROOT / "docs" / "pictures").iterdir())
    assert {picture.name for picture in pictures} == shown
    assert [picture.name for picture in pictures if picture.stat().st_size > LARGEST_PICTURE] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_button_names_are_those_on_the_page(page: Path) -> None:
    catalogue = text(ROOT / "tracker" / "translations" / "zh" / "LC_MESSAGES" / "messages.po")
    for english, chinese in re.findall(r"\*([A-Z][^*]+)\*\s\(([一-鿿]+)\)", text(page)):
        assert f'msgid "{" ".join(english.split())}"\nmsgstr "{chinese}"' in catalogue, (english, chinese)
