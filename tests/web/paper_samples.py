"""A paper to try the renderers with."""

from __future__ import annotations

from datetime import UTC, datetime

from tracker.web.papers.paper import Block, Column, Consent, Cover, Facts, Grid, Heading, Paper, Prose

AT = datetime(2021, 1, 8, 3, 0, tzinfo=UTC)


def paper_with(prose: str = "正文", heading: str = "一、标题", *more: Block, mark: str = "", language: str = "zh") -> Paper:
    """Return a paper with one block of each kind, and the texts given in prose, in a heading, in a cell, in a fact."""
    blocks: tuple[Block, ...] = (
        Heading(heading),
        Facts(((("标签", prose[:200]), ("短", "值")), (("长标签", "长值"),))),
        Prose("正文", (prose,)),
        Grid("表", (Column("列一", 3), Column("金额", 2, amounts=True)), ((prose[:200], "¥1.00"), ("第二行", "¥2.00"))),
        Consent("申请单位意见", ("单位负责人（签字）：",), "年　月　日", "（盖章）"),
        *more,
    )
    cover = Cover("工作委员会", "2021年度课题申报书", ("课题名称", "Title"), (("编号", "2021-P01"), ("牵头单位", "华为")))
    return Paper(language, cover, blocks, "2021-P01", "2021-P01 · 第 1 版", "第 {page} 页 共 {pages} 页", "SHA-256 0123456789abcdef", mark, "LACKING", AT)
