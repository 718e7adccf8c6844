"""Lists as people like to see them, under names of their own."""
