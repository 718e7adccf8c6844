"""A complete proposal as it is typed, for tests."""

from __future__ import annotations

FORM = {
    "title_zh": "互联网企业反垄断合规规则适用与自律机制研究",
    "title_en": "Application of anti-monopoly compliance rules and self-discipline mechanisms for internet companies",
    "keywords": "反垄断、合规、自律",
    "background": "2020年9月以来，多项反垄断合规指南陆续发布。",
    "rationale": "互联网企业需要可操作的合规规则解读。",
    "content": "梳理指南要点；论证合规规则在互联网领域的适用。",
    "method": "比较研究与案例分析。",
    "novelty": "",
    "prior_work": "",
    "investigator_name": "华为代表",
    "investigator_unit": "华为",
    "investigator_title": "",
    "contact_name": "华为单位成员",
    "contact_email": "huawei.contributor@example.org",
    "contact_phone": "",
    "period_from": "2021-01",
    "period_to": "2021-12",
    "budget_total": "180000.50",
}
ROWS = {
    "partners-0-share": "案例收集",
    "team-0-name": "华为替补代表", "team-0-unit": "华为", "team-0-title": "", "team-0-role": "执笔",
    "results-0-name": "指南解读报告", "results-0-form": "report", "results-0-quarter": "2021Q1", "results-0-use": "供成员单位使用",
    "results-1-name": "企业合规自律公约（建议稿）", "results-1-form": "guideline", "results-1-quarter": "2021Q3", "results-1-use": "",
    "schedule-0-quarter": "2021Q1", "schedule-0-work": "梳理指南要点",
    "budget-0-kind": "operations", "budget-0-amount": "100000.50", "budget-0-basis": "调研与会议",
    "budget-1-kind": "labour", "budget-1-amount": "80000", "budget-1-basis": "",
}
