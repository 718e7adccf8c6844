"""Starting, publishing and copying a year, and taking a file off its call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import after_this_request, current_app, flash, redirect, render_template, request, url_for

from tracker.errors import Invalid, NotFound, Refused
from tracker.files import disk as files
from tracker.messages import Message, say
from tracker.policy import Action
from tracker.programmes import actions, content
from tracker.programmes.models import Programme
from tracker.web import uploads
from tracker.web.forms import TextForm
from tracker.web.identity import the_actor, writes
from tracker.web.locale import gettext
from tracker.web.programmes import forms
from tracker.web.programmes.blueprint import bp
from tracker.web.programmes.edit import opened
from tracker.web.programmes.views import refusal_to_start

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue


@bp.route("/programmes/new", methods=["GET", "POST"])
@writes
def create() -> ResponseReturnValue:
    """Start a year."""
    denial = refusal_to_start()
    if denial is not None:
        raise Refused(denial)
    form = forms.StartForm()
    if request.method == "POST":
        try:
            programme = actions.create(forms.whole_number(form.year.data) or None, form.texts(), actor=the_actor())
        except Invalid as wrong:
            forms.show(form, wrong)
            return render_template("programmes/new.html", form=form, entries=content), 422
        flash(gettext("The year is in preparation. Only the secretariat sees it until you publish the call."), "good")
        return redirect(url_for("programmes.change", year=programme.year), 303)
    return render_template("programmes/new.html", form=form, entries=content)


def _confirm(
    programme: Programme,
    *,
    title: Message,
    button: Message,
    points: list[Message],
    told: list[Message],
    back: str,
    form: TextForm | None = None,
    danger: bool = False,
) -> str:
    return render_template(
        "programmes/confirm.html", programme=programme, title=title, button=button, points=points, told=told, back=back, form=form or TextForm(), danger=danger
    )


@bp.route("/programmes/<int:year>/publish", methods=["GET", "POST"])
@writes
def publish(year: int) -> ResponseReturnValue:
    """Show what publishing the call does and whom it tells; a POST does it."""
    programme, form = opened(year, Action.PUBLISH), TextForm()
    if request.method == "POST":
        try:
            actions.publish(programme, actor=the_actor())
        except Invalid as wrong:
            forms.show(form, wrong)
            return _publish_page(programme, form), 422
        flash(gettext("The call is out."), "good")
        return redirect(url_for("programmes.show", year=year), 303)
    return _publish_page(programme, form)


def _publish_page(programme: Programme, form: TextForm) -> str:
    points = [say("Everyone signed in sees the year, its call, areas, dates and files. It cannot be taken back.")]
    if programme.phases:
        points.append(say("Units can start proposals while the submission window is open."))
    else:
        points.append(say("No dates are set yet: nobody can start a proposal until the secretariat sets the submission window."))
    told = [say("all people of member units ({count})", count=len(list(programme.people("units"))))]
    back = url_for("programmes.show", year=programme.year)
    return _confirm(programme, title=say("Publish the call"), button=say("Publish the call"), points=points, told=told, back=back, form=form)


@bp.route("/programmes/<int:year>/copy", methods=["GET", "POST"])
@writes
def copy(year: int) -> ResponseReturnValue:
    """Show what copying to the next year does; a POST does it."""
    programme = opened(year, Action.COPY)
    if request.method == "POST":
        new = actions.copy(programme, zone=current_app.config["COMMITTEE_ZONE"], actor=the_actor())
        flash(gettext("The year is in preparation. Only the secretariat sees it until you publish the call."), "good")
        return redirect(url_for("programmes.change", year=new.year), 303)
    denial = actions.no_room_after(programme)
    if denial is not None:
        raise Refused(denial)
    points = [
        say("The programme of {year} is made, in preparation: only the secretariat sees it.", year=year + 1),
        say("Topic areas, call text, voting and reporting rules are copied; every date moves by one year. Files are not copied."),
    ]
    return _confirm(
        programme,
        title=say("Copy to {year}", year=year + 1),
        button=say("Copy to {year}", year=year + 1),
        points=points,
        told=[],
        back=url_for("programmes.show", year=year),
    )


@bp.route("/programmes/<int:year>/files/<int:file_id>/remove", methods=["GET", "POST"])
@writes
def remove_file(year: int, file_id: int) -> ResponseReturnValue:
    """Ask before a file is taken off the call; a POST does it, and the disk is cleared once that is committed."""
    programme = opened(year)
    file = next((file for file in programme.files if file.id == file_id), None)
    if file is None:
        raise NotFound
    back = url_for("programmes.change_files", year=year)
    if request.method == "GET":
        points = [say("“{name}” is deleted and can no longer be downloaded.", name=file.name)]
        return _confirm(programme, title=say("Remove a file"), button=say("Remove the file"), points=points, told=[], back=back, danger=True)
    actions.remove_file(programme, file, actor=the_actor())
    stored_as, folder = file.stored_as, uploads.folder()

    @after_this_request
    def discard(response: Response) -> Response:
        if response.status_code < 400:  # noqa: PLR2004 - HTTP's own border
            files.discard(folder, stored_as)
        return response

    flash(gettext("%(name)s was removed.", name=file.name), "good")
    return redirect(back, 303)
