"""Routing owns where each order ships from, and why.

It hears orders, holds, payments, promises, refusals, shipments, cancels, amendments.
It says routed, unroutable, stop requested, cancel and amendment decided, completed, location changed.
"""
