"""Notices: what a person is told, queued in the same transaction as the act it tells of."""
