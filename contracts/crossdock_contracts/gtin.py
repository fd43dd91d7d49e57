"""Global Trade Item Numbers (GTIN): the digits of a barcode, of which the last checks the others.

The rule is GS1's (General Specifications, section 7.9): from the right, the digits before the last count three times
and once in turn; the last fills their sum up to a multiple of ten.
"""

LENGTHS = (8, 12, 13, 14)
"""Digits of GTIN-8, GTIN-12 (UPC), GTIN-13 (EAN) and GTIN-14 (cases)."""


def problem(code: str) -> str:
    """What is wrong with a GTIN; empty where nothing is."""
    if not (code.isascii() and code.isdigit()):
        return f"{code!r} is no GTIN: it may have digits only"
    if len(code) not in LENGTHS:
        return f"{code} has {len(code)} digits; a GTIN has 8, 12, 13 or 14"
    right = check_digit(code[:-1])
    return "" if code[-1] == right else f"{code} is mistyped: it ends in {code[-1]}, and its check digit is {right}"


def check_digit(digits: str) -> str:
    """The digit that goes behind these."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def padded(code: str) -> str:
    """A GTIN as 14 digits, so that a UPC and the same number read as an EAN are one."""
    return code.zfill(max(LENGTHS))
