"""Events: what was done, by whom, when; append-only, in one hash chain for the whole program."""
