"""Files that people hand in: what is let in, where it lies on disk, and the row that knows it."""
