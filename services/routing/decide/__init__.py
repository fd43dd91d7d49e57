"""Routing's rules.

Who may serve an order (`eligible`), the best assignment (`assign`), the order's way (`route`), cancels (`stop`,
`cancel`).
"""
