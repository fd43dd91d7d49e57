"""Labels that printers and PDF readers take, as small as they can be."""

from base64 import b64decode

_GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")


_FONT = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"


def pdf(text: str) -> bytes:
    """One page of 4 × 6 inches with a line of text (PDF 1.4)."""
    drawn = f"BT /F1 18 Tf 20 400 Td ({text}) Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 288 432] /Contents 4 0 R /Resources %s >>" % _FONT,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
    )
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(body))
    )


def zpl(text: str) -> bytes:
    """A line of text for a label printer."""
    return f"^XA^FO50,50^FD{text}^FS^XZ".encode()


def label(text: str, kind: str) -> bytes:
    """A label as PDF, ZPL, GIF or PNG; an image is a single point, for whoever converts it."""
    return {"GIF": _GIF, "PNG": _PNG, "ZPL": zpl(text)}.get(kind.upper()[:3], pdf(text))
