"""Reasons of holds that more than one service goes by."""

STEP_FAILED = "step-failed"
"""A fulfilment has a step that could not be done."""

NO_LABEL = "no-label"
"""A fulfilment could not get its label."""

LATE_ARRIVAL = "late-arrival"
"""The order has ended, and another copy of it came in."""

OVER_LIMIT = "credit-limit"
"""The order is on terms, and its customer's limit has no room for it: payments declines it so, capture holds it so."""

ADDRESS_CHECK = "address-check"
"""A carrier is being asked whether it delivers there; the order waits for that, and not for long."""

ADDRESS_UNDELIVERABLE = "address-undeliverable"
"""A carrier says that it cannot deliver there."""
