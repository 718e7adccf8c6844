"""Passwords: which will do, and how they are kept (argon2id, 19 MiB, two passes, one lane). Slow on purpose: never inside a transaction."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from tracker.messages import Message, say

SHORTEST, LONGEST = 10, 200
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# The hash of a random text that nobody kept: an unknown account costs as long as a known one.
_DECOY = "$argon2id$v=19$m=19456,t=2,p=1$57o1ofJ4a10FF8p78ibU+Q$5rgtG45r9UIatS0lcRZk1xcV95HMFtcRXHRyPl0x3CI"
_COMMON = frozenset(
    {
        "0123456789",
        "1234567890",
        "12345678910",
        "123456789a",
        "1234567891",
        "9876543210",
        "0987654321",
        "1111111111",
        "0000000000",
        "8888888888",
        "6666666666",
        "123123123123",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "qwertyuiop",
        "qwerty12345",
        "qwerty123456",
        "asdfghjkl1",
        "zxcvbnm123",
        "abcdefghij",
        "abcd123456",
        "abc1234567",
        "a123456789",
        "aa12345678",
        "password12",
        "password123",
        "password1234",
        "passw0rd123",
        "p@ssw0rd123",
        "mypassword",
        "admin12345",
        "admin123456",
        "administrator",
        "iloveyou123",
        "iloveyou1314",
        "woaini1314",
        "woaini520520",
        "woaini1314520",
        "5201314520",
        "1314520520",
        "changeme123",
        "letmein123",
        "welcome123",
        "welcome1234",
        "sunshine123",
        "football123",
        "superman123",
    }
)


def _tidy(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def make_hash(password: str) -> str:
    """Return what is stored in place of ``password``."""
    return _HASHER.hash(_tidy(password).encode("utf-8", "surrogatepass"))


def matches(stored: str | None, password: str) -> bool:
    """Say whether ``password`` is the one behind ``stored``; None (no such account, no password yet) takes as long and is never so."""
    if len(password) > LONGEST:
        password = ""
    try:
        _HASHER.verify(stored or _DECOY, _tidy(password).encode("utf-8", "surrogatepass"))
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


def objection(password: str, own: Iterable[str]) -> Message | None:
    """Return why ``password`` will not do for the person whose e-mail and names are ``own``, or None when it will. Any character is welcome."""
    plain = _tidy(password).casefold()
    if len(password) < SHORTEST:
        return say("Use at least {count} characters; a short sentence is easy to remember.", count=SHORTEST)
    if len(password) > LONGEST:
        return say("Use at most {count} characters.", count=LONGEST)
    if plain in _COMMON or len(set(plain)) == 1:
        return say("This password is among the first that anyone would try. Choose another one.")
    if any(plain == _tidy(text).casefold() for text in own if text):
        return say("The password must not be your name or your e-mail address.")
    return None
