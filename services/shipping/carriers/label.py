"""Labels that the hub draws itself: four by six inches, as PDF and as ZPL II.

The barcode is Code 128, subset B (ISO/IEC 15417). ZPL printers draw it themselves.
"""

from services.shipping.carriers import BuyLabel

_WIDTH_PT, _HEIGHT_PT = 288, 432
_START_B, _STOP = 104, 106
_NAME_LINE = 4

# Widths of bars and spaces of each Code 128 symbol (ISO/IEC 15417, table 1).
_PATTERNS = """
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
    123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
    232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
    313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224
    111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
    111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
    114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112
""".split()  # noqa: SIM905  # a table reads better than a column of 107 lines


def code128(text: str) -> list[int]:
    """Symbol values of a text in Code 128 B, with start, check symbol and stop."""
    values = [ord(c) - 32 for c in text if " " <= c <= "~"]
    check = (_START_B + sum(n * value for n, value in enumerate(values, start=1))) % 103
    return [_START_B, *values, check, _STOP]


def _lines(request: BuyLabel, tracking_number: str) -> list[str]:
    to, origin = request.ship_to, request.ship_from
    cash = request.cash_on_delivery
    return [
        f"{request.carrier.upper()} {request.service}",
        f"From: {request.from_name or origin.name}",
        f"{origin.line1} {origin.postcode} {origin.city} {origin.country or ''}",
        "",
        to.name or to.company,
        to.company if to.name else "",
        to.line1,
        to.line2,
        f"{to.postcode} {to.city} {to.region}",
        to.country or "",
        "",
        f"{request.weight_g / 1000:.2f} kg   Ref {request.reference}",
        f"COD {cash.amount_minor} {cash.currency} minor units" if cash else "",
        tracking_number,
    ]


def pdf(request: BuyLabel, tracking_number: str) -> bytes:
    """The label as a PDF of one page."""
    text = "".join(
        f"BT /F1 {14 if n == _NAME_LINE else 10} Tf 18 {_HEIGHT_PT - 30 - 18 * n} Td ({_pdf_text(line)}) Tj ET\n"
        for n, line in enumerate(_lines(request, tracking_number))
        if line
    )
    body = (text + _bars(tracking_number)).encode("cp1252", "replace")  # WinAnsiEncoding
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
        % (_WIDTH_PT, _HEIGHT_PT),
        b"<</Length %d>>stream\n%s\nendstream" % (len(body), body),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(out),
    )
    return bytes(out)


def _pdf_text(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _drawn(widths: str) -> str:
    """One symbol as filled rectangles one unit high, and the step to the next symbol."""
    left, drawn = 0, []
    for n, width in enumerate(map(int, widths)):
        if n % 2 == 0:
            drawn.append(f"{left} 0 {width} 1 re")
        left += width
    return f"{' '.join(drawn)} f 1 0 0 1 {left} 0 cm\n"


_DRAWN = [_drawn(widths) for widths in _PATTERNS]


def _bars(text: str) -> str:
    """The barcode, drawn in units of one module."""
    symbols = code128(text)
    module = (_WIDTH_PT - 36) / (11 * len(symbols) + 2)
    return f"q {module:.4f} 0 0 90 18 30 cm\n{''.join([_DRAWN[value] for value in symbols])}Q"


def zpl(request: BuyLabel, tracking_number: str) -> bytes:
    """The label in ZPL II for printers of 203 dots an inch."""
    text = "".join(
        f"^FO40,{40 + 50 * n}^A0N,{45 if n == _NAME_LINE else 32}^FH^FD{_zpl_text(line)}^FS"
        for n, line in enumerate(_lines(request, tracking_number))
        if line
    )
    return f"^XA^CI28^PW812^LL1218{text}^FO40,880^BY2^BCN,240,Y,N,N^FD{tracking_number}^FS^XZ".encode()


def _zpl_text(line: str) -> str:
    return line.replace("_", "_5F").replace("^", "_5E").replace("~", "_7E")


def draw(request: BuyLabel, tracking_number: str) -> dict[str, bytes]:
    """The label in each format that was asked for."""
    drawers = {"pdf": pdf, "zpl": zpl}
    return {name: drawers[name](request, tracking_number) for name in request.formats if name in drawers}
