"""The benchmark: real services in real processes, an embedded server with fsync always, each figure beside its goal.

Every measurement has a server, a data folder and ports of its own, on loopback, and leaves nothing behind.
"""
