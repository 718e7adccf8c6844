"""Asking for the head of a page reads it and sends nothing, on every address."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.product import Year, sign_in_as

FORMS = ["/programmes/2021/decisions", "/programmes/2021/edit/decisions", "/programmes/2021/edit/voting", "/ballots/new", "/ballots/1", "/proposals/new"]


@pytest.mark.parametrize("path", FORMS)
def test_the_head_of_a_form_is_that_of_reading_it(in_the_year: Flask, year_template: Year, path: str) -> None:
    client = sign_in_as(in_the_year, year_template.people["secretariat"])
    read, head = client.get(path), client.head(path)
    assert (head.status_code, head.data) == (read.status_code, b"")
    assert head.headers["Content-Type"] == read.headers["Content-Type"]
