"""What the chair decides: a record of its own."""
