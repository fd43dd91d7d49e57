"""Inventory's rules.

Promises (`promise`), how much a channel may have (`limits`), waiting lines (`fill`), binding to locations (`bind`),
what comes and goes (`stock`), what is low (`low`); shortages (`shortage`, `takeback`); snapshots and counts
(`snapshot`, `counts`, both by `reconcile`); what others hand over (`counter`); what is sent in
place of what is short (`substitute`); what is answered
(`answers`, `near`).
"""
