"""Products owns what SKUs are, which barcode is whose, and what channels' own ids stand for.

It hears products and listings from the ERP, from files and from people.
It says which product changed and which listing was mapped.
"""
