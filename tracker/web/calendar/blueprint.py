"""The blueprint that the pages of the working calendar hang on."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("calendar", __name__)
