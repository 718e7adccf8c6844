"""Canonical JSON and its SHA-256: what makes a version, a rule or an event provable. Pure."""

from __future__ import annotations

import hashlib
import json


def canonical(value: object) -> bytes:
    """Return ``value`` as JSON with sorted keys, no spaces, in UTF-8; raises ValueError on NaN and TypeError on anything not JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def sha256_hex(value: object) -> str:
    """Return the SHA-256 of the canonical JSON of ``value``, in 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()
