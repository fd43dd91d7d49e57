"""The command line: a thin face over the hub's services."""
