"""Routing's rules.

Which rules are for an order (`ruling`), who may serve it (`eligible`), what that costs and emits (`landed`), the best
assignment (`assign`), what is told of it (`ranking`), the order's way (`route`), cancels (`stop`, `cancel`).
"""
