"""The styles of a DOCX, and the parts of it that python-docx has no words for."""

from __future__ import annotations

from typing import Any

from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.font import Font
from docx.text.paragraph import Paragraph

LATIN, LATIN_HEAD = "Times New Roman", "Arial"
SONG, HEI = "宋体", "黑体"
GREY, SHADE = "555555", "F2F2F2"
VML = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
SIZES = {"Normal": 11.0, "Body Text": 11.0, "Title": 26.0, "Heading 1": 14.0, "Heading 2": 11.5, "Header": 8.5, "Footer": 7.5}
HEADS = frozenset({"Title", "Heading 1", "Heading 2"})
SPACE = {"Title": (0, 0), "Heading 1": (18, 8), "Heading 2": (12, 6), "Body Text": (0, 4)}


def lettering(font: Font, *, head: bool = False) -> None:
    """Name the typefaces of a run or style: 宋体 (黑体 for heads) for Chinese, their like for Latin letters."""
    latin, chinese = (LATIN_HEAD, HEI) if head else (LATIN, SONG)
    font.name = latin
    names = font._element.get_or_add_rPr().get_or_add_rFonts()  # noqa: SLF001 - python-docx knows no East Asian typeface
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        names.attrib.pop(qn(f"w:{theme}"), None)
    for script, name in (("ascii", latin), ("hAnsi", latin), ("eastAsia", chinese), ("cs", latin)):
        names.set(qn(f"w:{script}"), name)


def set_styles(document: Docx, language: str) -> None:
    """Give every style that a paper uses its typefaces, size and room; say which language the text is in."""
    for name, size in SIZES.items():
        style = document.styles[name]
        if isinstance(style, ParagraphStyle):
            _set_style(style, name, size)
    body = document.styles["Body Text"]
    if isinstance(body, ParagraphStyle):
        body.paragraph_format.line_spacing = 1.5
        body.paragraph_format.first_line_indent = Pt(22) if language == "zh" else None
    _set_language(document, "zh-CN" if language == "zh" else "en-GB")


def _set_style(style: ParagraphStyle, name: str, size: float) -> None:
    lettering(style.font, head=name in HEADS)
    style.font.size, style.font.color.rgb = Pt(size), RGBColor(0, 0, 0)
    style.font.bold = name in HEADS
    before, after = SPACE.get(name, (0, 0))
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    if name == "Title":
        style.paragraph_format.alignment = ALIGN.CENTER
        for border in style.element.iter(qn("w:pBdr")):
            border.getparent().remove(border)


def _set_language(document: Docx, latin: str) -> None:
    """Say in the defaults that Chinese letters are Chinese and others of the paper's language, so that the spelling checker keeps quiet."""
    for names in document.styles.element.iter(qn("w:rPrDefault")):
        for language in names.iter(qn("w:lang")):
            language.set(qn("w:val"), "en-GB" if latin == "zh-CN" else latin)
            language.set(qn("w:eastAsia"), "zh-CN")


def field(paragraph: Paragraph, code: str) -> None:
    """Add a number that the word processor reckons, like PAGE."""
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("text", "1"), ("end", "")):
        run = paragraph.add_run()
        lettering(run.font)
        run.font.size = Pt(9)
        run._r.append(_part(kind, text))  # noqa: SLF001 - python-docx knows no fields


def _part(kind: str, text: str) -> Any:  # noqa: ANN401 - an element of lxml, which has no types
    if kind == "text":
        shown = OxmlElement("w:t")
        shown.text = text
        return shown
    if kind == "":
        code = OxmlElement("w:instrText")
        code.set(qn("xml:space"), "preserve")
        code.text = f" {text} "
        return code
    sign = OxmlElement("w:fldChar")
    sign.set(qn("w:fldCharType"), kind)
    return sign


def watermark(paragraph: Paragraph, text: str) -> None:
    """Lay a pale word across the pages of the header that ``paragraph`` is in."""
    picture = parse_xml(
        f'<w:pict {nsdecls("w")} {VML}><v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e">'
        '<v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/>'
        '<v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/></v:formulas>'
        '<v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/></v:shapetype>'
        '<v:shape type="#_x0000_t136" style="position:absolute;width:380pt;height:150pt;rotation:315;z-index:-251658752;mso-position-horizontal:center;'
        'mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin" fillcolor="#d9d9d9" stroked="f">'
        '<v:textpath on="t" fitshape="t"/></v:shape></w:pict>'
    )
    shape = picture.findall("{urn:schemas-microsoft-com:vml}shape")[0]
    shape[0].set("string", text)
    shape[0].set("style", f'font-family:"{HEI}"')
    paragraph.add_run()._r.append(picture)  # noqa: SLF001 - python-docx knows no watermarks
