"""The documents that are made from the code, and checks of those that are written by hand."""
