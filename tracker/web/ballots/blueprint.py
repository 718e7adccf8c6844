"""The blueprint of ballots."""

from flask import Blueprint

bp = Blueprint("ballots", __name__)
ONE = "/ballots/<int(max=2147483647):id>"
"""The address of one ballot: a number that its column can hold."""
