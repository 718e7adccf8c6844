"""A paper as DOCX and as PDF: whatever is on it is in the file, hostile text is text, and the parts that offices look for are there."""

from __future__ import annotations

import ast
import io
import resource
import zipfile
from dataclasses import replace
from itertools import pairwise

import pytest
from docx import Document
from docx.document import Document as Docx
from docx.oxml.ns import qn

from tests.pdf_text import body, pages, squeezed
from tests.web.paper_samples import AT, paper_with
from tracker.web.papers import pdf, word
from tracker.web.papers.paper import Column, Facts, Grid, Heading, Prose

HOSTILE = (
    '#eval("1") #sys.inputs #import "@preview/x:1.0.0": * #include "/etc/passwd" #read("/etc/passwd") #panic()',
    "*bold* _emph_ `raw` ```raw``` $x^2/y$ @ref <label> = heading \\ back // comment /* block */ ~ -- --- ...",
    "[ ] { } ( ) ' \" < > & &amp; </w:t> ]]> <script>alert(1)</script> %s {page} {pages} {0}",
    "- item\n+ item\n/ term: x\n= heading",
    "=1+1 -2 +3 @SUM(A1)",
)


def opened(made: bytes) -> Docx:
    return Document(io.BytesIO(made))


def said(document: Docx) -> str:
    """Everything the body of a DOCX says, in order, without white space; a cell that spans others once."""
    return squeezed("".join(element.text or "" for element in document.element.body.iter(qn("w:t"))))


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_looks_like_markup_is_text_in_both_files(text: str) -> None:
    paper = paper_with(prose=text)
    assert squeezed(text) in body(pdf.render(paper))
    assert squeezed(text) in said(opened(word.render(paper)))


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "字" * 10_000, "a" * 10_000, "，" * 3000, "（" * 500, "\u3000" * 40 + "x", "😀" * 500, "אבג" * 100, "Z͑ͫ̓ͪ̂" * 50]
)
def test_no_text_stops_a_file_from_being_made(text: str) -> None:
    paper = paper_with(text, text or "x", Grid("窄", (Column("一", 1), Column("二", 5)), ((text, text[:50]),)), Facts((((text[:200], text),),)), mark="草稿")
    assert sum(page.empty_boxes for page in pages(pdf.render(paper))) == 0
    assert squeezed(text) in said(opened(word.render(paper)))


def test_control_characters_that_a_database_should_never_hold_are_no_error_either() -> None:
    paper = paper_with(prose="a\x00b\x07c\x1bd\u202ee\ufffef\x7fg")
    for sign in "abcdefg":
        assert sign in body(pdf.render(paper))
        assert sign in said(opened(word.render(paper)))


def test_every_run_and_every_style_of_the_docx_names_a_chinese_typeface() -> None:
    document = opened(word.render(paper_with(mark="草稿")))
    parts = [document.element.body, *(part._element for section in document.sections for part in (section.header, section.footer))]
    runs = [run for part in parts for run in part.iter(qn("w:r")) if run.find(qn("w:pict")) is None]
    assert len(runs) > 20
    assert {run.find(qn("w:rPr")).find(qn("w:rFonts")).get(qn("w:eastAsia")) for run in runs} == {"宋体", "黑体"}
    for name in ("Normal", "Body Text", "Title", "Heading 1", "Heading 2", "Header", "Footer"):
        names = document.styles[name].element.find(qn("w:rPr")).find(qn("w:rFonts"))
        assert names.get(qn("w:eastAsia")) in {"宋体", "黑体"}
        assert names.get(qn("w:eastAsiaTheme")) is None


def test_docx_has_heading_levels_repeating_heads_and_pages_that_are_counted_from_the_second() -> None:
    document = opened(word.render(paper_with()))
    assert [(each.style.name, each.text) for each in document.paragraphs if each.style.name.startswith(("Heading", "Title"))] == [
        ("Title", "2021年度课题申报书"),
        ("Heading 1", "一、标题"),
        ("Heading 2", "正文"),
        ("Heading 2", "表"),
    ]
    (head,) = document.element.body.iter(qn("w:tblHeader"))
    assert [cell.text for cell in document.tables[2].rows[0].cells] == ["列一", "金额"]
    assert head.getparent().getparent() is document.tables[2].rows[0]._tr
    first, second = document.sections
    assert second._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"
    assert [each.text.strip() for each in second.footer._element.iter(qn("w:instrText"))] == ["PAGE", "SECTIONPAGES"]
    assert "".join(each.text for each in second.footer._element.iter(qn("w:t"))) == "第 1 页 共 1 页SHA-256 0123456789abcdef"
    assert first.footer.paragraphs[0].text == "SHA-256 0123456789abcdef"
    assert (round(second.page_width.cm, 1), round(second.page_height.cm, 1)) == (21.0, 29.7)


def test_parts_of_the_docx_stand_in_the_order_that_word_demands() -> None:
    """The schema of a section and of a cell is a sequence; Word refuses files that break it."""
    document = opened(word.render(paper_with()))
    section = ["footnotePr", "headerReference", "footerReference", "type", "pgSz", "pgMar", "pgNumType", "cols", "docGrid"]
    cell = ["tcW", "gridSpan", "vMerge", "tcBorders", "shd", "vAlign"]
    row = ["cantSplit", "tblHeader"]
    for tag, order in (("sectPr", section), ("tcPr", cell), ("trPr", row)):
        for element in document.element.body.iter(qn(f"w:{tag}")):
            places = [order.index(child.tag.split("}")[1]) for child in element if child.tag.split("}")[1] not in {"headerReference", "footerReference"}]
            assert all(one < other for one, other in pairwise(places)), [child.tag for child in element]


def test_draft_is_marked_on_every_page_of_both_files() -> None:
    long = Prose("长文", ("字" * 4000,))
    marked = pages(pdf.render(paper_with("x", "一、标题", long, mark="草稿")))
    assert len(marked) > 3
    assert ["草稿" in page.around for page in marked] == [True] * len(marked)
    assert not any("草稿" in page.around for page in pages(pdf.render(paper_with("x", "一、标题", long))))
    for section in opened(word.render(paper_with(mark="草稿"))).sections:
        assert 'string="草稿"' in section.header._element.xml
    assert all("textpath" not in section.header._element.xml for section in opened(word.render(paper_with())).sections)


def test_pdf_counts_its_pages_after_the_cover_and_repeats_the_head_of_a_long_table() -> None:
    rows = tuple((f"第{number}行", "¥1.00") for number in range(120))
    cover, *others = pages(pdf.render(paper_with("x", "一、标题", Grid("长表", (Column("序列", 3), Column("数额", 2, amounts=True)), rows))))
    assert ("第1页" in cover.around, "SHA-2560123456789abcdef" in cover.around) == (False, True)
    for number, page in enumerate(others, start=1):
        assert f"第{number}页共{len(others)}页" in page.around
        assert "SHA-2560123456789abcdef" in page.around
    assert sum("序列数额" in page.body + page.around for page in others) >= 3


def test_pdf_is_an_archival_file_with_tags_and_the_same_each_time() -> None:
    paper = paper_with(language="en")
    made = pdf.render(paper)
    assert made == pdf.render(paper)
    assert made != pdf.render(replace(paper, foot="SHA-256 other"))
    for mark in (b"<pdfaid:part>2</pdfaid:part>", b"<pdfaid:conformance>A</pdfaid:conformance>", b"<pdfuaid:part>1</pdfuaid:part>", b"/Lang(en-GB)"):
        assert mark in made
    assert b"D:20210108" in made


def test_docx_says_what_it_is_without_a_word_of_the_tool() -> None:
    about = opened(word.render(paper_with())).core_properties
    assert (about.title, about.author, about.comments, about.created) == (
        "2021-P01",
        "工作委员会",
        "",
        AT.replace(tzinfo=None) if about.created.tzinfo is None else AT,
    )
    with zipfile.ZipFile(io.BytesIO(word.render(paper_with()))) as files:
        assert all(b"python" not in files.read(name).lower() for name in files.namelist())


def test_a_fresh_part_begins_on_a_new_page() -> None:
    made = pages(pdf.render(paper_with("x", "一、标题", Heading("签章", fresh=True))))
    assert [page.body.startswith("签章") for page in made] == [False, False, True]


def test_forty_files_of_each_kind_leave_no_more_memory_in_use_than_the_first_few() -> None:
    def used() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

    for number in range(5):
        word.render(paper_with(prose=f"{number}" + "字" * 1000))
        pdf.render(paper_with(prose=f"{number}" + "字" * 1000))
    before = used()
    for number in range(40):
        word.render(paper_with(prose=f"{number}" + "文" * 1000))
        pdf.render(paper_with(prose=f"{number}" + "文" * 1000))
    assert used() - before < 15


def test_the_typesetter_is_a_small_process_that_knows_nothing_of_the_product() -> None:
    source = ast.parse(pdf.TYPESETTER.read_text(encoding="utf-8"))
    modules = {name.name for node in ast.walk(source) if isinstance(node, ast.Import) for name in node.names}
    modules |= {str(node.module) for node in ast.walk(source) if isinstance(node, ast.ImportFrom)}
    assert modules == {"__future__", "json", "sys", "pathlib", "typst"}
