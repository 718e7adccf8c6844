"""Units, people, the seats they hold, and how a person comes in."""
