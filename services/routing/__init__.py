"""Routing owns where each order ships from, and why.

It hears orders, holds, payments, promises, refusals, shipments, cancels.
It says routed, unroutable, stop requested, cancel decided, completed, location changed.
"""
