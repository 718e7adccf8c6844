"""What people wrote, as HTML that can do no harm."""

from __future__ import annotations

import re
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

_TAGS = frozenset(
    {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "h3", "h4", "h5", "h6", "a", "code", "pre", "hr", "table", "thead", "tbody", "tr", "th", "td"}
)


def paragraphs(text: str | None) -> Markup:
    """Turn plain text into paragraphs, escaped: a blank line parts them, a single one breaks the line."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", (text or "").replace("\r\n", "\n")) if block.strip()]
    return Markup("\n").join(Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in block.split("\n"))) for block in blocks)


def breaks(text: str, sign: str = "") -> Markup:
    """Escape plain text and break its lines where it breaks them, with ``sign`` before each break."""
    return Markup(f"{sign}<br>").join(escape(line) for line in text.split("\n"))  # noqa: S704 - a sign of ours


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")


def markdown(text: str | None) -> Markup:
    """Turn markdown into HTML that can do no harm: no raw HTML, no pictures, its highest headings on the third level."""
    parser = _markdown()
    tokens = parser.parse(text or "")
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    highest = min((int(token.tag[1]) for token in headings), default=1)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) - highest + 3, 6)}"
    rendered = parser.renderer.render(tokens, parser.options, {})
    safe = nh3.clean(rendered, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}, link_rel="noopener nofollow")
    return Markup(safe)  # noqa: S704 - nh3 has just cleaned it
