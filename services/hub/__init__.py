"""The runtime that all services share: fetch, decode, load, decide, commit, acknowledge.

It hears and says nothing of its own beyond what every service does with dead letters
(`crossdock_contracts.operations`).
"""
