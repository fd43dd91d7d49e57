"""Routing's rules.

Who may serve an order (`eligible`), what may go where (`carriage`), when it would arrive (`calendar`, `offers`),
whether there is room (`capacity`), what freight and carbon come to (`landed`), which rules are for an order (`ruling`),
the best assignment (`assign`), what can be placed now (`partly`), fulfilments and their ranking (`place`), the order's
way (`route`), cancels (`stop`, `cancel`), what operators say of locations (`locations`).
"""
