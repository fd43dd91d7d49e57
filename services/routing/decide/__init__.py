"""Routing's rules: who may serve an order (`eligible`), the best assignment (`assign`), the order's way (`route`, `cancel`)."""
