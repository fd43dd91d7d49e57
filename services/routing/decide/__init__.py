"""Routing's rules.

Which rules are for an order (`ruling`), who may serve it (`eligible`), what that costs and emits (`landed`), what may
go where (`carriage`), when it would arrive (`calendar`, `offers`), whether there is room (`capacity`), the best
assignment (`assign`), what is told of it (`ranking`), what can be placed now (`partly`), fulfilments (`place`), the
order's way (`route`), cancels (`stop`, `cancel`), what operators say of locations (`locations`).
"""
