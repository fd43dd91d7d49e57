"""Payments' rules: money is authorised once (`authorise`), taken for what ships (`take`), given back for what does not (`giveback`)."""
