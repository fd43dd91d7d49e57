"""Shipping owns each fulfilment from allocation to delivery: label, pick, pack, ship, track.

It hears allocations, stop requests, and what warehouses and carriers confirm.
It says offered, accepted, declined, bought, voided, picked, short, packed, ready, shipped, stopped, at risk, in
transit, delivered, collected.
"""
