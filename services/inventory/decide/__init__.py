"""Inventory's rules.

Promises (`promise`), binding to locations (`bind`), what comes and goes (`stock`); lots as they are bound (`binding`,
over `shelves`), come in (`arrivals`), grow old (`expiry`) and are recalled (`recalls`); conditions (`conditions`) and
transfers (`transfers`); what suppliers are going to deliver (`inbound`), and the dates that follow (`dates`).
"""
