"""A paper as a DOCX for Word and WPS: typefaces named for Chinese and for Latin letters on every run, real headings, heads that repeat."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as Docx
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Cm, Length, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from tracker.web.papers.lettering import writable
from tracker.web.papers.paper import Block, Consent, Facts, Grid, Heading, Pair, Paper, Prose, Signatures
from tracker.web.papers.wordstyles import GREY, SHADE, field, lettering, set_styles, watermark

MEDIA = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
YOUNG = 1
"""The generations of garbage that a document just made is in: its parts hold each other, and 30 MB would wait for the next full collection."""

WIDTH = Cm(15.8)


def render(paper: Paper) -> bytes:
    """Return the paper as a DOCX."""
    document = Document()
    set_styles(document, paper.language)
    _describe(document, paper)
    if paper.cover.own_page:
        _cover(document, paper)
        _body_section(document, paper)
    else:
        _head(document, paper)
    for block in paper.blocks:
        WRITERS[type(block)](document, block)
    target = BytesIO()
    document.save(target)
    del document
    gc.collect(YOUNG)
    return target.getvalue()


def _describe(document: Docx, paper: Paper) -> None:
    about = document.core_properties
    about.title = writable(paper.subject)[:255]
    about.author = about.last_modified_by = writable(paper.cover.over)[:255]
    about.comments, about.created, about.modified = "", paper.at, paper.at
    about.language = "zh-CN" if paper.language == "zh" else "en-GB"


def write(paragraph: Paragraph, text: str, *, size: float | None = None, head: bool = False, grey: bool = False) -> Paragraph:
    """Add a text to a paragraph as one run with its typefaces named."""
    run = paragraph.add_run(writable(text))
    lettering(run.font, head=head)
    if size:
        run.font.size = Pt(size)
    if grey:
        run.font.color.rgb = RGBColor.from_string(GREY)
    return paragraph


def _cover(document: Docx, paper: Paper) -> None:
    section = document.sections[0]
    _page(section)
    _foot(section, paper)
    _mark(section, paper)
    for text, size, before in ((paper.cover.over, 15, 50), ("", 15, 30)):
        _centred(document, text, size, before)
    name = document.add_paragraph(style="Title")
    write(name, paper.cover.name, head=True)
    for place, text in enumerate(paper.cover.titles):
        _centred(document, text, 12.5 if place else 17, 6 if place else 40)
    _centred(document, "", 12, 110)
    table = document.add_table(rows=0, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    widths = (Cm(3.8), Cm(9))
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for label, value in paper.cover.facts:
        cells = table.add_row().cells
        for cell, text, width in zip(cells, (label, value), widths, strict=True):
            cell.width = width
            write(_first(cell), text, size=12)
        _underline(cells[1])


def _head(document: Docx, paper: Paper) -> None:
    """Write what stands over the text of a paper without a cover."""
    section = document.sections[0]
    _page(section)
    _mark(section, paper)
    _count(section, paper)
    _foot(section, paper)
    _centred(document, paper.cover.over, 12, 0)
    write(document.add_paragraph(style="Title"), paper.cover.name, size=20, head=True)
    for place, text in enumerate(paper.cover.titles):
        _centred(document, text, 11 if place else 13, 4)


def _centred(document: Docx, text: str, size: float, before: float) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = ALIGN.CENTER
    paragraph.paragraph_format.space_before = Pt(before)
    if text:
        write(paragraph, text, size=size, head=True)


def _underline(cell: _Cell) -> None:
    borders, bottom = OxmlElement("w:tcBorders"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "auto")):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    cell._tc.get_or_add_tcPr().append(borders)  # noqa: SLF001 - python-docx offers borders nowhere else


def _page(section: Section) -> None:
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.6)
    section.top_margin, section.bottom_margin = Cm(2.6), Cm(2.5)


def _body_section(document: Docx, paper: Paper) -> None:
    """Begin the pages that are counted, from 1, under a running head."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    start = OxmlElement("w:pgNumType")
    start.set(qn("w:start"), "1")
    section._sectPr.find(qn("w:pgMar")).addnext(start)  # noqa: SLF001 - python-docx offers the first number nowhere else
    section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
    head = section.header.paragraphs[0]
    head.paragraph_format.tab_stops.clear_all()
    head.paragraph_format.tab_stops.add_tab_stop(WIDTH, WD_TAB_ALIGNMENT.RIGHT)
    write(head, f"{paper.cover.name}\t{paper.running}", size=8.5, grey=True)
    _mark(section, paper)
    _count(section, paper)
    _foot(section, paper)


def _count(section: Section, paper: Paper) -> None:
    """Number the pages at the head of the footer."""
    count = section.footer.paragraphs[0]
    count.alignment = ALIGN.CENTER
    before, _page_sign, rest = paper.page.partition("{page}")
    between, _pages_sign, after = rest.partition("{pages}")
    for text, name in ((before, "PAGE"), (between, "SECTIONPAGES"), (after, "")):
        write(count, text, size=9)
        if name:
            field(count, name)


def _foot(section: Section, paper: Paper) -> None:
    """Write what ties the paper to its source at the end of the footer."""
    foot = section.footer.paragraphs[0] if not section.footer.paragraphs[0].runs else section.footer.add_paragraph()
    foot.alignment = ALIGN.CENTER
    write(foot, paper.foot, size=7.5, grey=True)


def _mark(section: Section, paper: Paper) -> None:
    if paper.mark:
        watermark(section.header.paragraphs[0], paper.mark)


def _heading(document: Docx, block: Heading) -> None:
    heading = document.add_heading(level=1)
    heading.paragraph_format.page_break_before = block.fresh
    write(heading, block.text, head=True)


def _label(document: Docx, text: str) -> None:
    write(document.add_heading(level=2), text, head=True)


def _prose(document: Docx, block: Prose) -> None:
    _label(document, block.label)
    for text in block.paragraphs:
        write(document.add_paragraph(style="Body Text"), text)


def _facts(document: Docx, block: Facts) -> None:
    label = Cm(block.labels)
    widths = [label, Length(WIDTH // 2 - label)] * 2
    table = _table(document, widths)
    for row in block.rows:
        cells = table.add_row().cells
        for cell, width in zip(cells, widths, strict=True):
            cell.width = width
        _fill(cells, row)
    _after(document)


def _fill(cells: Sequence[_Cell], row: Sequence[Pair]) -> None:
    """Write one or two pairs into a row of four cells; a value that stands alone has the other three."""
    if len(row) == 1:
        cells[1].merge(cells[3])
    for place, (label, value) in enumerate(row):
        write(_first(cells[2 * place]), label, size=10)
        _shade(cells[2 * place])
        write(_first(cells[2 * place + 1]), value, size=10.5)


def _grid(document: Docx, block: Grid) -> None:
    if block.label:
        _label(document, block.label)
    shares = sum(column.width for column in block.columns)
    widths = [Length(WIDTH * column.width // shares) for column in block.columns]
    table = _table(document, widths)
    head = table.add_row()
    _repeat(head)
    for cell, column in zip(head.cells, block.columns, strict=True):
        write(_first(cell), column.label, size=10, head=True).alignment = ALIGN.CENTER
        _shade(cell)
    for row in block.rows:
        for cell, text, column in zip(table.add_row().cells, row, block.columns, strict=True):
            paragraph = write(_first(cell), text, size=10)
            paragraph.alignment = ALIGN.RIGHT if column.amounts else ALIGN.LEFT
    for line in table.rows:
        _unbroken(line)
        for cell, width in zip(line.cells, widths, strict=True):
            cell.width = width
    _after(document)


def _table(document: Docx, widths: Sequence[Length]) -> Table:
    table: Table = document.add_table(rows=0, cols=len(widths), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    return table


def _after(document: Docx) -> None:
    """Keep a little room after a table, which would else grow together with the next."""
    room = document.add_paragraph()
    room.paragraph_format.space_after = room.paragraph_format.space_before = Pt(0)
    room.paragraph_format.line_spacing = Pt(8)


def _consent(document: Docx, block: Consent) -> None:
    table = _table(document, [WIDTH])
    row = table.add_row()
    _unbroken(row)
    cell = row.cells[0]
    write(_first(cell), block.title, size=11, head=True)
    for place, text in enumerate(block.lines):
        line = write(cell.add_paragraph(), text)
        line.paragraph_format.space_before = Pt((50 if block.seal else 12) if place == 0 else 6)
    last = write(cell.add_paragraph(), f"{block.seal}　　　　{block.day}" if block.seal else block.day)
    last.alignment, last.paragraph_format.space_before, last.paragraph_format.space_after = ALIGN.RIGHT, Pt(12), Pt(8)
    _after(document)


def _signatures(document: Docx, block: Signatures) -> None:
    widths = [Length(WIDTH * share // 7) for share in (2, 3, 2)]
    table = _table(document, widths)
    for texts in (block.heads, *((signer, "", block.day) for signer in block.signers)):
        row = table.add_row()
        _unbroken(row)
        for cell, text, width in zip(row.cells, texts, widths, strict=True):
            cell.width = width
            write(_first(cell), text, size=10.5, head=texts is block.heads)
            if texts is block.heads:
                _shade(cell)
            elif text:
                _first(cell).paragraph_format.space_before = _first(cell).paragraph_format.space_after = Pt(10)
            _first(cell).paragraph_format.keep_with_next = True
    _after(document)


def _first(cell: _Cell) -> Paragraph:
    paragraph: Paragraph = cell.paragraphs[0]
    return paragraph


def _shade(cell: _Cell) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", SHADE)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 - python-docx offers shading nowhere else


def _repeat(row: Any) -> None:  # noqa: ANN401 - a row, whose private part is needed
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - python-docx offers it nowhere else


def _unbroken(row: Any) -> None:  # noqa: ANN401 - the same
    row._tr.get_or_add_trPr().insert(0, OxmlElement("w:cantSplit"))  # noqa: SLF001 - python-docx offers it nowhere else


WRITERS: Mapping[type[Block], Callable[[Docx, Any], None]] = {
    Heading: _heading,
    Facts: _facts,
    Prose: _prose,
    Grid: _grid,
    Consent: _consent,
    Signatures: _signatures,
}
