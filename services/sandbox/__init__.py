"""The outside on this machine: sales channels and carriers that speak their real wire formats, keep state, and fail.

For tests, demonstrations and benchmarks, which can ask *them* what happened: what a shop believes it has in stock,
which labels a carrier has sold, charged and taken back. Everything listens on one port of loopback, each API under its
name.
"""
