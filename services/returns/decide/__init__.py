"""Returns' rules: what was sold, what comes back, what went wrong on the way and what is done about it."""
