"""Quarterly reports: when they are due, what they say of a project, and how the whole programme stands."""
