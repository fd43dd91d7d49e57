"""Audits a hub from its streams alone.

Everything is accounted for, nothing is done twice, nothing is oversold, stock and money are conserved. It reads every
service's streams and archive, knows the services only by their contracts and documents, and changes nothing.
"""
