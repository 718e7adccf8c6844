"""What every test may use."""

pytest_plugins = ["tests.machine", "tests.product"]
