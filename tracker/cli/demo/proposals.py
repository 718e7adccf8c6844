"""The topics of the demonstration year: written, submitted, checked, as their histories in topics.toml tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from tracker.cli.demo import beside, decisions, openly
from tracker.cli.demo.story import YEAR, Fact, Step, Story
from tracker.db import session
from tracker.proposals import actions, checking
from tracker.proposals import queries as proposal_queries
from tracker.proposals.entry import read
from tracker.proposals.models import Proposal

METHOD = "文献与规则梳理；面向成员单位的访谈与问卷；专家论证会两次；形成征求意见稿后公开听取意见。"
RATIONALE = "该问题在成员单位中普遍存在，尚无统一做法；本课题的成果可以直接用于行业自律与政策建议。"
WORK = ("规则梳理与调研", "案例分析", "形成初稿并征求意见", "定稿与发布")


def steps(story: Story) -> Iterator[Step]:
    """Give every step in the life of every topic."""
    for key, topic in list(story.topics.items()):
        for fact in topic["history"]:
            yield Step(story.instant(fact["at"]), partial(VERBS[fact["do"]], story, key, fact))


def _write(story: Story, key: str, _fact: Fact) -> None:
    """Let the lead unit start the proposal and fill in its form."""
    topic = story.topics[key]
    draft = read({"title_zh": topic["title_zh"], "title_en": topic["title_en"]}, year=YEAR)
    story.proposals[key] = actions.start(draft, programme_id=story.programme().id, actor=story.lead(key)).id
    _save(story, key)


def _edit(story: Story, key: str, fact: Fact) -> None:
    """Change what the lead unit wrote by what the step brings."""
    changes = {name: value for name, value in fact.items() if name not in {"at", "do"}}
    story.topics[key] = {**story.topics[key], **changes}
    _save(story, key)


def _save(story: Story, key: str) -> None:
    proposal = story.locked(key)
    actions.edit(proposal, read(_typed(story, story.topics[key], proposal), year=YEAR), actor=story.lead(key), seen_version=proposal.version)


def _typed(story: Story, topic: Fact, proposal: Proposal) -> dict[str, Any]:
    """Return the form's fields as text, the way a browser sends them."""
    areas = list(session().scalars(proposal_queries.areas(proposal.programme_id)))
    lead, budget = story.unit(topic["lead"]), topic["budget"]
    lines = [("operations", budget * 6 // 10, "调研、会议与资料费"), ("labour", budget * 4 // 10, "研究助理与专家劳务")] if budget else []
    return {
        **{name: topic[name] for name in ("title_zh", "title_en", "keywords", "background", "content")},
        "topic_class": topic["class"],
        "area": str(areas[topic["area"] - 1].id),
        "rationale": RATIONALE,
        "method": METHOD,
        "investigator_name": f"{lead.short_zh or lead.name_zh}课题负责人",
        "investigator_unit": lead.name_zh,
        "contact_name": f"{lead.short_zh or lead.name_zh}代表",
        "contact_email": f"{lead.code}@example.org",
        "period_from": "2021-01",
        "period_to": topic.get("period_to", "2021-12"),
        "budget_total": str(budget) if budget else "",
        "team": [{"name": "课题组成员甲", "unit": lead.name_zh, "title": "", "role": "执笔"}],
        "results": [{"name": name, "form": form, "quarter": quarter, "use": "供成员单位使用"} for name, form, quarter in topic["results"]],
        "schedule": [{"quarter": f"{YEAR}Q{number}", "work": work} for number, work in enumerate(WORK, 1)],
        "budget": [{"kind": kind, "amount": str(amount), "basis": basis} for kind, amount, basis in lines],
        "partners": [{"unit": str(story.unit(code).id), "share": "提供案例与数据"} for code in topic.get("partners", ())],
    }


def _submit(story: Story, key: str, fact: Fact) -> None:
    proposal = story.locked(key)
    actions.submit(proposal, actor=story.lead(key), seen_version=proposal.version, undertaking=True, note=fact.get("note", ""))


def _withdraw(story: Story, key: str, fact: Fact) -> None:
    actions.withdraw(story.locked(key), actor=story.lead(key), note=fact["note"])


def _accept(story: Story, key: str, _fact: Fact) -> None:
    checking.accept(story.locked(key), actor=story.actor("secretariat"))


def _return(story: Story, key: str, fact: Fact) -> None:
    checking.return_(story.locked(key), actor=story.actor("secretariat"), note=fact["note"], due=story.instant(fact["due"]) if "due" in fact else None)


def _not_accept(story: Story, key: str, fact: Fact) -> None:
    checking.not_accept(story.locked(key), actor=story.actor("secretariat"), note=fact["note"])


VERBS: Mapping[str, Callable[[Story, str, Fact], None]] = {
    "write": _write,
    "edit": _edit,
    "submit": _submit,
    "amend": _submit,
    "withdraw": _withdraw,
    "accept": _accept,
    "return": _return,
    "not_accept": _not_accept,
    "approve": decisions.decide,
    "approve_with_changes": decisions.decide,
    "accept_changes": decisions.accept_changes,
    "defer": decisions.decide,
    "reject": decisions.decide,
    "start": decisions.start,
    "attach": beside.attach,
    "scan": beside.scan,
    "check": beside.check,
    "comment": beside.comment,
    "resolve": beside.resolve,
    "object": openly.object_to,
    "dismiss": openly.answer,
    "uphold": openly.answer,
    "set_aside": openly.answer,
    "late_pass": openly.give_pass,
}
