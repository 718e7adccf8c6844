"""What every test may use."""

from hypothesis import settings

pytest_plugins = ["tests.machine", "tests.product"]

# An example that loads a table for the first time, on a busy machine, is slow and not wrong.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
