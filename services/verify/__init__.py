"""Audits a hub from its streams alone: everything accounted for, nothing twice, nothing oversold, stock and money conserved.

It reads every service's streams and archive, knows the services only by their contracts and documents, and changes nothing.
"""
