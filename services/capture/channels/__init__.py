"""One file for each way in which orders are handed in."""
