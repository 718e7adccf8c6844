"""Proposed research topics: drafts, immutable versions, partners."""
