"""A page as an attacker reads it: its elements, its forms and what each would send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = dict[str, str]
ADDRESSES = frozenset({"href", "src", "action", "formaction", "data", "poster", "xlink:href", "srcset"})
SENDING = frozenset({"input", "select", "textarea", "button"})


@dataclass
class SentForm:
    """A form: where it goes, how, and the names and present values of its fields."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """The elements of a page in their order, and its forms."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, Attributes]] = []
        self.forms: list[SentForm] = []
        self._inside: SentForm | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag == "form":
            self._inside = SentForm(found.get("action", ""), found.get("method", "get").lower())
            self.forms.append(self._inside)
        elif tag in SENDING and found.get("name") and self._inside is not None:
            self._inside.fields.setdefault(found["name"], found.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None


def dangers(page: Page) -> Iterator[str]:
    """Name everything on a page that would run or style something against the strict policy: none of it is ever ours."""
    for tag, attributes in page.elements:
        if tag == "script" and not attributes.get("src", "").startswith("/static/"):
            yield f"<script {attributes}>"
        if tag in {"style", "iframe", "object", "embed", "base", "applet", "frame", "portal", "math", "foreignobject"}:
            yield f"<{tag} {attributes}>"
        yield from (f"<{tag} {name}>" for name in attributes if name.startswith("on") or name in {"style", "srcdoc"})
        for name in ADDRESSES & attributes.keys():
            scheme = "".join(sign for sign in attributes[name].split(":")[0] if sign.isprintable() and not sign.isspace()).lower()
            if ":" in attributes[name] and scheme in {"javascript", "data", "vbscript"} and not attributes[name].startswith("data:image/"):
                yield f"<{tag} {name}={attributes[name]!r}>"
