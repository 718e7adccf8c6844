"""Templates, compiled once per language: a text that stands in a template costs nothing when the page is made.

``_("…")`` with a literal is replaced by its translation while a template is compiled, values are put in when the page is made. What is
compiled is kept for the process, so that a second application of it (tests make hundreds) need not compile again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask.templating import Environment
from jinja2 import BytecodeCache, nodes
from jinja2.visitor import NodeTransformer

from tracker.web.locale import spoken

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from babel.support import NullTranslations
    from flask import Flask
    from jinja2 import Template
    from jinja2.bccache import Bucket

_compiled: dict[str, bytes] = {}


class Kept(BytecodeCache):
    """Compiled templates of one language, for the life of the process; Jinja compares the source before it takes one."""

    def __init__(self, language: str) -> None:
        self.language = language

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled before."""
        found = _compiled.get(f"{self.language}-{bucket.key}")
        if found is not None:
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled now."""
        _compiled[f"{self.language}-{bucket.key}"] = bucket.bytecode_to_string()


class Folded(NodeTransformer):
    """Puts translations in the place of ``_("literal", name=value)``."""

    def __init__(self, texts: NullTranslations) -> None:
        self.texts = texts

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name
        """Replace a call of ``_`` with one literal; anything else stays."""
        self.generic_visit(node)
        literal = node.args[0] if len(node.args) == 1 else None
        if not (isinstance(node.node, nodes.Name) and node.node.name == "_" and isinstance(literal, nodes.Const)):
            return node
        text, at = str(self.texts.ugettext(literal.value)), node.lineno
        if not node.kwargs:
            return nodes.MarkSafeIfAutoescape(nodes.Const(text % {}, lineno=at), lineno=at)
        values = [nodes.Pair(nodes.Const(each.key, lineno=at), each.value, lineno=at) for each in node.kwargs]
        return nodes.Mod(nodes.MarkSafeIfAutoescape(nodes.Const(text, lineno=at), lineno=at), nodes.Dict(values, lineno=at), lineno=at)


class Bilingual(Environment):
    """Loads each template as compiled for the language of the request."""

    texts: NullTranslations | None = None
    by_language: dict[str, Bilingual]

    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> Template:  # noqa: A002 - Jinja's name
        if self.texts is not None:
            return super()._load_template(name, globals)
        return self._in_this_language()._load_template(name, globals)  # noqa: SLF001 - another of this class

    def _in_this_language(self) -> Bilingual:
        """Return the environment of the language, made when it is first asked for: the application is whole by then."""
        if not hasattr(self, "by_language"):
            self.by_language = {}
        code, texts = spoken()
        if code not in self.by_language:
            made: Bilingual = self.overlay(bytecode_cache=Kept(code))
            made.texts = texts
            self.by_language[code] = made
        return self.by_language[code]

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if self.texts is not None:
            Folded(self.texts).visit(tree)
        return tree


def _text(text: str) -> str:
    return str(spoken().texts.ugettext(text))


def _counted(one: str, many: str, count: int) -> str:
    return str(spoken().texts.ungettext(one, many, count))


def register(app: Flask) -> None:
    """Give the templates the texts that are not literals."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext=_text, ngettext=_counted, newstyle=True)  # type: ignore[attr-defined] # added by the extension
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
