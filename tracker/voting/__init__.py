"""How units vote: rules, rolls, votes, and the tally that anyone can repeat."""
