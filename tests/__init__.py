"""The tests, mirroring tracker/."""
