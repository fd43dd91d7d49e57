"""Payments' rules.

Money is authorised once (`authorise`), taken (`take`), given back (`giveback`); accounts of customers on terms
(`credit`), refunds that channels pay (`imported`).
"""
