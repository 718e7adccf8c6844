"""What is said about a proposal, each thread before an audience of its own."""
