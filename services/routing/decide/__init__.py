"""Routing's rules.

Who may serve an order (`eligible`), what may go where (`carriage`), when it would arrive (`calendar`, `offers`),
whether there is room (`capacity`), the best assignment (`assign`), what of it can be placed now (`partly`), the order's
way (`route`), cancels (`stop`, `cancel`), what operators say of locations (`locations`).
"""
