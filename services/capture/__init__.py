"""Capture owns orders as they came in, mapped, checked, held, released, amended, cancelled, and who their buyers are.

It hears what channels hand in, what operators ask, products, and trouble from payments, routing, inventory, shipping.
It says captured, held, released, amended, rejected, cancelled, ignored, handed over elsewhere, customers merged, and
what orders are held for that nobody knows.
"""
