"""Payments' rules: money is authorised once (`authorise`), taken (`take`), given back (`giveback`)."""
