"""How a committee of organisations proposes, votes on, approves and follows its research projects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.wsgi import ClosingIterator

from tracker import clock, config
from tracker.audit import chain
from tracker.db import db, install
from tracker.search import actions as search
from tracker.web import register as register_web
from tracker.web.templating import Bilingual

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

chain.install(db.session)
search.install()


class Application(Flask):
    """Flask with templates that speak two languages, to which asking for the head of a page is reading it."""

    jinja_environment = Bilingual

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer HEAD as GET without the body, so that no view takes it for something that is sent."""
        if environ["REQUEST_METHOD"] != "HEAD":
            return super().wsgi_app(environ, start_response)
        ClosingIterator(super().wsgi_app({**environ, "REQUEST_METHOD": "GET"}, start_response)).close()
        return ()


def create_app(settings: config.Settings | None = None) -> Flask:
    """Make the application: the only wiring. Reads the settings from the environment when none are given."""
    settings = settings or config.load()
    clock.shift(settings.clock_offset)
    app = Application(__name__, template_folder=str(config.ROOT / "templates"), static_folder=None)
    app.config.from_mapping(_flask_config(settings))
    app.extensions["settings"] = settings
    db.init_app(app)
    with app.app_context():
        install(db.engine)
    register_web(app)
    return app


def _flask_config(settings: config.Settings) -> dict[str, object]:
    engine_options: dict[str, object] = {} if settings.database_url.startswith("sqlite") else {"pool_pre_ping": True}
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options,
        "TESTING": settings.mode == "test",
        "TRUSTED_HOSTS": sorted({settings.host.split(":")[0], "127.0.0.1", "localhost"}),
        "PREFERRED_URL_SCHEME": "https" if settings.secure else "http",
        "SESSION_COOKIE_NAME": "demo_session" if settings.demo else "session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=7),
        "MAX_CONTENT_LENGTH": 12 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 2000,
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "zh",
        "BABEL_TRANSLATION_DIRECTORIES": str(config.ROOT / "tracker" / "translations"),
        "COMMITTEE_ZONE": settings.committee.zone,
        "COMMITTEE_COUNTRY": settings.committee.country,
    }
