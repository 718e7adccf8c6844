"""The whole product once, as a person would live it."""
