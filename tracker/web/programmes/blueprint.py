"""The blueprint that the pages of programmes hang on."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("programmes", __name__)
