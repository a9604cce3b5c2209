"""Pictures to upload: small, and with everything that a phone writes beside the pixels."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

SECRET_PLACE = b"SECRET-PLACE"


def picture(form: str = "JPEG", size: tuple[int, int] = (400, 330), **settings) -> bytes:
    """Left half red, right half blue."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    file = BytesIO()
    image.save(file, form, **settings)
    return file.getvalue()


def from_a_phone() -> bytes:
    """Lying on its side (orientation 6), with the place in EXIF, XMP and a comment."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = SECRET_PLACE.decode()
    exif.get_ifd(0x8825).update({1: "S", 2: (6.0, 53.0, 20.0), 3: "E", 4: (107.0, 32.0, 30.0)})
    return picture(exif=exif, xmp=b"<x:xmpmeta>" + SECRET_PLACE + b"</x:xmpmeta>", comment=SECRET_PLACE)
