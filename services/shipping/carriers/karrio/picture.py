"""Labels that come as a picture, as a page.

karrio blows a picture up and packs it as JPEG 2000, at half a second each. Labels are black and white: they are
turned, and packed as fax pages are (ITU-T T.6), at a few milliseconds.
"""

from base64 import b64decode, b64encode
from io import BytesIO
from typing import Any

_WIDTH_IN = 4
_MIDDLE = 128


def image_to_pdf(image: str, **_unused: Any) -> str:
    """A PDF of one page, four inches wide, of a picture that lies on its side; both in base64.

    Raises:
        OSError: it is no picture, or not a whole one.
    """
    from PIL import Image  # noqa: PLC0415  # comes with karrio

    with Image.open(BytesIO(b64decode(image))) as picture:
        page = _flat(Image, picture)
    if page.width > page.height:
        page = page.transpose(Image.Transpose.ROTATE_270)
    out = BytesIO()
    page.point(lambda shade: 255 if shade >= _MIDDLE else 0).convert("1").save(
        out, format="PDF", resolution=page.width / _WIDTH_IN
    )
    return b64encode(out.getvalue()).decode()


def _flat(images: Any, picture: Any) -> Any:
    """In shades of grey; what can be looked through is white."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("L")
    picture = picture.convert("RGBA")
    white = images.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return white.convert("L")
