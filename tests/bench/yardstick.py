"""The yardstick: the least that a page with a sign-in and a list can do, and the least that a write can do."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import sqlalchemy as sa
from flask import Flask, render_template_string, request

from tracker.db import MODE, WRITING, install
from tracker.members.tokens import hash_token

metadata = sa.MetaData()
member = sa.Table("yard_member", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(80)))
visit = sa.Table("yard_visit", metadata, sa.Column("token", sa.String(64), primary_key=True), sa.Column("member_id", sa.ForeignKey(member.c.id)))
paper = sa.Table(
    "yard_paper",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(200)),
    sa.Column("changed_at", sa.DateTime, index=True),
)
TOKEN = "y" * 43
PAGE = """<!doctype html><html lang="zh"><title>{{ name }}</title><h1>{{ name }}</h1><table>
{% for row in rows %}<tr><td>{{ row.id }}</td><td>{{ row.title }}</td><td>{{ row.changed_at }}</td></tr>
{% endfor %}</table></html>"""


def fill(url: str, count: int) -> None:
    """Make the yardstick's own tables in the database at ``url`` and put ``count`` rows into them."""
    engine = sa.create_engine(url)
    metadata.create_all(engine)
    at = datetime(2021, 1, 4, tzinfo=UTC).replace(tzinfo=None)
    with engine.begin() as connection:
        connection.execute(sa.insert(member), {"id": 1, "name": "华为代表"})
        connection.execute(sa.insert(visit), {"token": hash_token(TOKEN), "member_id": 1})
        connection.execute(sa.insert(paper), [{"title": f"平台经济规则适用研究（{n}）", "changed_at": at} for n in range(count)])
    engine.dispose()


def create_app() -> Flask:
    """Make the application on the database that BENCH_YARDSTICK_URL names, with the product's own settings of safety."""
    app, engine = Flask(__name__), sa.create_engine(os.environ["BENCH_YARDSTICK_URL"])
    install(engine)
    who = sa.select(member.c.name).join(visit, visit.c.member_id == member.c.id).where(visit.c.token == sa.bindparam("token"))
    newest = sa.select(paper).order_by(paper.c.changed_at.desc()).limit(25)

    @app.get("/read")
    def read() -> str:
        with engine.connect() as connection:
            name = connection.scalar(who, {"token": hash_token(request.cookies["visit"])})
            return render_template_string(PAGE, name=name, rows=connection.execute(newest).all())

    @app.post("/write")
    def write() -> str:
        with engine.connect().execution_options(**{MODE: WRITING}) as connection:
            connection.execute(sa.insert(paper), {"title": request.form["title"], "changed_at": datetime.now(UTC).replace(tzinfo=None)})
            connection.commit()
        return "kept"

    return app
