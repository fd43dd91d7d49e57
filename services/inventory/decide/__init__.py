"""Inventory's rules.

Promises (`promise`), given back (`release`), how much a channel may have (`limits`), waiting lines (`fill`), binding to
locations (`bind`), what comes and goes (`stock`), what is low (`low`); shortages (`shortage`, `takeback`); snapshots
and counts (`snapshot`, `counts`, both by `reconcile`); kits (`kits`); what others hand over (`counter`); what is
sent in place of what is short (`substitute`); what is answered (`answers`, `near`).

All of these change stock by `stocks`. Lots follow it (`shelves`): they are bound (`binding`), leave or are missed
(`gone`), come in (`arrivals`), grow old (`expiry`) and are recalled (`recalls`). Conditions (`conditions`),
transfers (`transfers`); what suppliers are going to deliver (`inbound`), and the dates that follow (`dates`).
"""
