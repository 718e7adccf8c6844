"""Expert review: who judges which proposal, with what conflicts, by which rubric, and what came of it."""
