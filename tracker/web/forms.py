"""The base of all forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict
    from wtforms.form import BaseForm


class TextForm(FlaskForm):
    """A form that only typed fields fill: no file and no JSON reaches a field that expects text, and nothing sent is nothing typed."""

    class Meta(FlaskForm.Meta):
        """How the form reads a request."""

        def wrap_formdata(self, form: BaseForm, formdata: object) -> MultiDict[str, str] | None:
            """Return the fields of the request where it sends any; what the caller hands over goes first."""
            if formdata is not _Auto:
                handed: MultiDict[str, str] | None = super().wrap_formdata(form, formdata)
                return handed
            return request.form if form.is_submitted() else None
