"""What breaks in the middle, and what must hold nevertheless."""
