"""Random tokens for links and sessions. The database keeps only their hashes. Pure."""

from __future__ import annotations

import hashlib
import secrets


def make_token() -> str:
    """Return 32 random bytes as text that fits a URL."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token: enough for 256 random bits, where a password would need argon2."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_address(public_url: str, token: str) -> str:
    """Return the address that a person opens to set a password; only the configured address of the program is ever put into it."""
    return f"{public_url}/join/{token}"
