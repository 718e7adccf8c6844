"""Handing e-mail to a real server over TLS and with a password: what is right goes through, what is wrong is said and asked again later."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.post_office import Certificate, PostOffice, open_post_office
from tracker.config import Security, SettingError, load, make_secret_key
from tracker.notifications.post import Answer, Handed, hand_over

SAFE = [Security.STARTTLS, Security.TLS]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate that nobody trusts of themselves."""
    return Certificate(tmp_path_factory.mktemp("certificate"))


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "tracker@example.org", "huawei@example.org", "通知"
    message.set_content("正文")
    return message


def send(office: PostOffice, *, security: Security | None = None, user: str = "", password: str = "") -> Handed:
    server = replace(office.server, user=user, password=password, security=security or office.security)
    with open_post_office(office):
        return hand_over(letter(), server)


@pytest.mark.parametrize("security", SAFE)
def test_mail_goes_out_under_tls_with_name_and_password(certificate: Certificate, monkeypatch: pytest.MonkeyPatch, security: Security) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    office = PostOffice(security=security, certificate=certificate, users={"tracker": "right"})
    assert send(office, user="tracker", password="right").answer is Answer.TAKEN
    assert [one["Subject"] for one in office.taken] == ["通知"]


@pytest.mark.parametrize("security", SAFE)
def test_a_certificate_that_is_not_trusted_is_said_and_nothing_is_sent(certificate: Certificate, security: Security) -> None:
    office = PostOffice(security=security, certificate=certificate)
    handed = send(office)
    assert (handed.answer, office.taken) == (Answer.LATER, [])
    assert "certificate verify failed" in handed.words


@pytest.mark.parametrize(("user", "words"), [("tracker", "535 5.7.8 wrong name or password"), ("", "530 5.7.0 say who you are")])
def test_a_wrong_password_is_a_fault_of_the_settings_and_asked_again_later(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, user: str, words: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    office = PostOffice(security=Security.STARTTLS, certificate=certificate, users={"tracker": "right"})
    assert send(office, user=user, password="wrong") == Handed(Answer.LATER, words)


def test_a_password_beyond_ascii_is_said_without_a_letter_of_it(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    office = PostOffice(security=Security.TLS, certificate=certificate, users={"tracker": "right"})
    assert send(office, user="tracker", password="密码") == Handed(Answer.LATER, "TRACKER_SMTP_USER and its password may have ASCII letters only")


def test_what_was_taken_is_taken_even_when_leave_is_refused() -> None:
    office = PostOffice()
    office.rude = True
    assert (send(office), len(office.taken)) == (Handed(Answer.TAKEN), 1)


def test_a_server_without_starttls_is_never_spoken_to_in_the_clear() -> None:
    office = PostOffice()
    handed = send(office, security=Security.STARTTLS, user="tracker", password="right")
    assert (handed.answer, office.taken) == (Answer.LATER, [])
    assert "STARTTLS" in handed.words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"TRACKER_SMTP_FROM": "nobody"}, "TRACKER_SMTP_FROM"),
        ({"TRACKER_SMTP_PORT": "0"}, "TRACKER_SMTP_PORT"),
        ({"TRACKER_SMTP_PORT": "70000"}, "TRACKER_SMTP_PORT"),
        ({"TRACKER_SMTP_PORT": "２５"}, "TRACKER_SMTP_PORT"),
        ({"TRACKER_SMTP_SECURITY": "ssl"}, "TRACKER_SMTP_SECURITY"),
        ({"TRACKER_SMTP_USER": "tracker"}, "belong together"),
        ({"TRACKER_SMTP_USER": "tracker", "TRACKER_SMTP_PASSWORD_FILE": "none"}, "no file that can be read"),
    ],
)
def test_a_setting_that_will_not_do_is_named(tmp_path: Path, given: dict[str, str], words: str) -> None:
    make_secret_key(tmp_path / "secret_key")
    with pytest.raises(SettingError, match=words):
        load({"TRACKER_INSTANCE": str(tmp_path), "TRACKER_SMTP_HOST": "mail.example.org", "TRACKER_SMTP_FROM": "tracker@example.org", **given})


def test_a_password_that_others_can_read_is_refused(tmp_path: Path) -> None:
    make_secret_key(tmp_path / "secret_key")
    file = tmp_path / "password"
    file.write_text("right", "ascii")
    file.chmod(0o644)
    given = {"TRACKER_SMTP_HOST": "mail.example.org", "TRACKER_SMTP_FROM": "t@example.org", "TRACKER_SMTP_USER": "t", "TRACKER_SMTP_PASSWORD_FILE": str(file)}
    with pytest.raises(SettingError, match="chmod 600"):
        load({"TRACKER_INSTANCE": str(tmp_path), **given})
    file.chmod(0o600)
    server = load({"TRACKER_INSTANCE": str(tmp_path), **given}).mail
    assert server is not None
    assert (server.password, server.port, "right" in repr(server)) == ("right", 587, False)
