"""Change requests (重要事项变更): what may be changed in a running project, by whose word, and what follows."""
