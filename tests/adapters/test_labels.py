import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crossdock_contracts.values import Address, Money
from services.shipping.carriers.label import _PATTERNS, code128, draw, pdf, zpl
from tests.adapters.parcels import purchase, to

NUMBER = "XD123456789012347"
START_B, STOP = "211214", "2331112"
ANY_LINE = st.text(max_size=60)


def objects(content: bytes) -> dict[int, bytes]:
    """The objects of a PDF, found as a reader finds them: from its end, by its table of offsets."""
    assert content.startswith(b"%PDF-1.4\n")
    end = re.search(rb"trailer<</Size (\d+)/Root 1 0 R>>\nstartxref\n(\d+)\n%%EOF\n\Z", content)
    assert end
    size, table = int(end[1]), content[int(end[2]) : end.start()]
    head, *entries = re.findall(rb"(?:xref\n0 \d+\n)?\d{10} \d{5} [fn] \n", table)
    assert head == b"xref\n0 %d\n0000000000 65535 f \n" % size
    assert b"".join([head, *entries]) == table
    assert len(entries) == size - 1
    starts = [int(entry[:10]) for entry in entries]
    found = {}
    for number, (start, after) in enumerate(pairwise([*starts, int(end[2])]), start=1):
        whole = re.fullmatch(rb"%d 0 obj(.*) endobj\n" % number, content[start:after], re.DOTALL)
        assert whole
        found[number] = whole[1]
    return found


def page(content: bytes) -> str:
    """What is drawn on the page, its stream being exactly as long as it says."""
    stream = re.fullmatch(rb"<</Length (\d+)>>stream\n(.*)\nendstream", objects(content)[4], re.DOTALL)
    assert stream
    assert int(stream[1]) == len(stream[2])
    return stream[2].decode("cp1252")


def texts(content: bytes) -> list[str]:
    """The lines of text on the page."""
    shown = re.findall(r"^BT /F1 \d+ Tf 18 \d+ Td \((.*?)(?<!\\)(?:\\\\)*\) Tj ET$", page(content), re.MULTILINE)
    return [re.sub(r"\\(.)", r"\1", one) for one in shown]


def bars(content: bytes) -> tuple[str, float, float]:
    """The barcode as widths of bars and spaces in turn; where it begins and how wide it is, in points."""
    drawn = page(content).partition("q ")[2]
    module, left = (float(drawn.split()[n]) for n in (0, 4))
    edges: list[int] = []
    for symbol in drawn.splitlines()[1:-1]:
        start = edges.pop() if edges else 0
        for at, width in re.findall(r"(\d+) 0 (\d+) 1 re", symbol):
            edges += [start + int(at), start + int(at) + int(width)]
        edges.append(start + int(re.search(r"1 0 0 1 (\d+) 0 cm$", symbol)[1]))
    steps = [after - before for before, after in pairwise(edges)]
    return "".join(map(str, steps)).rstrip("0"), left, module * edges[-1]


def fields(content: bytes) -> list[str]:
    """What a ZPL printer prints as text, its escapes undone."""
    shown = re.findall(r"\^FH\^FD([^^]*)\^FS", content.decode())
    return [re.sub(r"_([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), one) for one in shown]


def test_the_pdf_is_one_page_of_four_by_six_inches() -> None:
    found = objects(pdf(purchase(), NUMBER))
    assert found[1] == b"<</Type/Catalog/Pages 2 0 R>>"
    assert found[2] == b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    assert b"/MediaBox[0 0 288 432]/Contents 4 0 R" in found[3]
    assert b"/Encoding/WinAnsiEncoding" in found[5]


def test_the_pdf_tells_carrier_and_people_what_they_need() -> None:
    assert texts(pdf(purchase(from_name="Crossdock Rotterdam"), NUMBER)) == [
        "TABLE-PARCEL world",
        "From: Crossdock Rotterdam",
        "Dock 4 3011 Rotterdam NL",
        "Customer 1",
        "Street 1",
        "10115 Berlin ",
        "DE",
        "1.20 kg   Ref web:1/1",
        NUMBER,
    ]


def test_pdf_and_zpl_tell_the_same() -> None:
    request = purchase(cash_on_delivery=Money(amount_minor=2990, currency="EUR"))
    assert texts(pdf(request, NUMBER)) == fields(zpl(request, NUMBER))
    assert "COD 2990 EUR minor units" in fields(zpl(request, NUMBER))


@given(ANY_LINE, ANY_LINE)
@example("a) Tj ET", "(((")
@example("back\\", "\\)")
@example("endstream endobj", "%%EOF")
@example("", "\n\r")
def test_the_pdf_stays_whole_whatever_the_address_says(name: str, street: str) -> None:
    drawn = page(pdf(to(name=name, line1=street), NUMBER))
    assert f"({NUMBER}) Tj ET" in drawn
    assert drawn.endswith("Q")


def test_signs_that_mean_something_in_a_pdf_are_printed() -> None:
    assert "Müller (Büro) \\ €uro & Žižka" in texts(pdf(to(name="Müller (Büro) \\ €uro & Žižka"), NUMBER))


def test_letters_that_the_font_does_not_have_are_marked() -> None:
    assert "???" in texts(pdf(to(name="東京都"), NUMBER))


def test_a_company_stands_below_the_name_or_in_its_place() -> None:
    assert texts(pdf(to(company="Firm"), NUMBER))[3:5] == ["Customer 1", "Firm"]
    assert texts(pdf(to(name="", company="Firm"), NUMBER))[3:5] == ["Firm", "Street 1"]


def test_an_address_without_a_country_can_be_drawn() -> None:
    assert b"None" not in pdf(purchase(ship_to=Address(name="Customer 1"), ship_from=Address()), NUMBER)


def test_the_zpl_is_one_label_with_its_barcode() -> None:
    label = zpl(purchase(), NUMBER).decode()
    assert label.startswith("^XA^CI28^PW812^LL1218")
    assert label.endswith(f"^BCN,240,Y,N,N^FD{NUMBER}^FS^XZ")
    assert label.count("^FD") == label.count("^FS") == len(fields(label.encode())) + 1


@given(ANY_LINE)
@example("^XZ^XA^FO0,0^FDmine^FS^XZ")
@example("~JA ~DY _5E")
def test_no_address_can_command_the_printer(name: str) -> None:
    label = zpl(to(name=name), NUMBER).decode()
    usual = zpl(to(name="Customer 1"), NUMBER).decode()
    if name:
        assert re.findall(r"\^[A-Z0-9]{2}", label) == re.findall(r"\^[A-Z0-9]{2}", usual)
        assert fields(label.encode())[3] == name
    assert "~" not in label


def test_only_what_was_asked_for_is_drawn() -> None:
    assert list(draw(purchase(formats=("zpl", "pdf")), NUMBER)) == ["zpl", "pdf"]
    assert list(draw(purchase(formats=("png",)), NUMBER)) == []


def test_the_same_purchase_is_drawn_alike() -> None:
    assert draw(purchase(), NUMBER) == draw(purchase(), NUMBER)


def test_the_symbols_of_the_barcode_are_those_of_the_standard() -> None:
    assert len(_PATTERNS) == len(set(_PATTERNS)) == 107
    assert (_PATTERNS[104], _PATTERNS[106]) == (START_B, STOP)
    for pattern in _PATTERNS[:-1]:  # ISO/IEC 15417: eleven modules, those of the bars even in number
        assert sum(map(int, pattern)) == 11
        assert sum(map(int, pattern[::2])) % 2 == 0


@pytest.mark.parametrize(("text", "check"), [("PJJ123C", 55), ("A", 34), ("", 1)])
def test_the_check_symbol_is_that_of_the_standard(text: str, check: int) -> None:
    assert code128(text) == [104, *(ord(sign) - 32 for sign in text), check, 106]


def test_the_bars_say_the_tracking_number() -> None:
    widths, _, _ = bars(pdf(purchase(), NUMBER))
    assert widths.startswith(START_B)
    assert widths.endswith(STOP)
    symbols = re.findall(".{6}", widths.removesuffix(STOP))
    read = "".join(chr(_PATTERNS.index(symbol) + 32) for symbol in symbols[1:-1])
    assert read == NUMBER


def test_the_bars_leave_a_quiet_zone_on_both_sides() -> None:
    _, left, width = bars(pdf(purchase(), NUMBER))
    module = width / (11 * (len(NUMBER) + 3) + 2)
    assert left == 18
    assert left >= 10 * module
    assert left + width <= 288 - 18 + 0.1
