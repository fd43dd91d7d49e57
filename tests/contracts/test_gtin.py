import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts import gtin


@pytest.mark.parametrize("code", ["96385074", "036000291452", "4006381333931", "00012345600012", "10614141000415"])
def test_a_real_barcode_is_right(code: str) -> None:
    assert gtin.problem(code) == ""


@given(st.sampled_from(gtin.LENGTHS), st.integers(0, 10**13 - 1), st.integers(0, 12), st.integers(1, 9))
def test_one_mistyped_digit_is_always_noticed(length: int, number: int, place: int, by: int) -> None:
    digits = str(number).zfill(length)[-(length - 1) :]
    right = digits + gtin.check_digit(digits)
    assert gtin.problem(right) == ""
    place %= length
    wrong = right[:place] + str((int(right[place]) + by) % 10) + right[place + 1 :]
    assert gtin.problem(wrong) != ""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("4006381333932", "4006381333932 is mistyped: it ends in 2, and its check digit is 1"),
        ("12345", "12345 has 5 digits; a GTIN has 8, 12, 13 or 14"),
        ("978-3-16-1", "'978-3-16-1' is no GTIN: it may have digits only"),
        ("٤٠٠٦٣٨١٣", "it may have digits only"),
        ("", "it may have digits only"),
    ],
)
def test_what_is_wrong_with_a_barcode_is_said(code: str, words: str) -> None:
    assert words in gtin.problem(code)


def test_a_upc_and_the_same_number_read_as_an_ean_are_one() -> None:
    assert gtin.padded("036000291452") == gtin.padded("0036000291452") == "00036000291452"
