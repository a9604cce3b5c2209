"""Uploaded pictures: checked, freed of everything but what is seen, and kept in a few sizes and formats.

A photo from a phone says where and when it was taken (EXIF). What is kept here is drawn anew from the pixels, so that
nothing else of the upload survives; the upload itself is not kept.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from booking.domain.errors import Refused, refuse

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
"""A decoded pixel takes three bytes: what says to be larger is not decoded at all."""
LEAST_SIDE = 320
WIDTHS = (480, 960, 1440)
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "avif": ("AVIF", {"quality": 50, "speed": 7}),
    "webp": ("WEBP", {"quality": 72, "method": 4}),
    "jpg": ("JPEG", {"quality": 76, "optimize": True, "progressive": True}),
}
TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
NAME = re.compile(r"[0-9a-f]{32}-[0-9]{2,4}\.(avif|webp|jpg)", re.ASCII)
_READ = ("JPEG", "PNG", "WEBP", "AVIF")
_WRONG = (OSError, ValueError, SyntaxError, EOFError, struct.error)
"""What Pillow's decoders raise for damaged files."""


@dataclass(frozen=True)
class Picture:
    """A checked picture: the size of its largest file in pixels, and the bytes of each file by name."""

    digest: str
    width: int
    height: int
    files: dict[str, bytes]


def name_of(digest: str, width: int, kind: str) -> str:
    return f"{digest}-{width}.{kind}"


def widths_up_to(width: int) -> list[int]:
    """The widths in which a picture is kept whose largest is `width`."""
    return [*(one for one in WIDTHS if one < width), width]


def prepared(data: bytes, room_id: int) -> Picture:
    """Check an upload and make all its files. Raises Refused(picture_kind | picture_bytes | picture_pixels | ...).

    The same picture has other names in another room, so that removing it there leaves it here.
    """
    if len(data) > MOST_BYTES:
        raise refuse("picture_bytes", field="file", most=MOST_BYTES // 1024 // 1024)
    if not _is_known(data):
        raise refuse("picture_kind", field="file")
    seen = _decoded(data)
    digest = hashlib.sha256(f"{room_id}:".encode() + data).hexdigest()[:32]
    widths = widths_up_to(min(seen.width, WIDTHS[-1]))
    files = dict(_encoded(seen, digest, widths))
    return Picture(digest, widths[-1], _height(seen, widths[-1]), files)


def _is_known(data: bytes) -> bool:
    """By the first bytes: JPEG, PNG, WebP, AVIF. The name and the type that came with it prove nothing."""
    return (
        data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
        or data[4:12] in (b"ftypavif", b"ftypavis")
    )


def _decoded(data: bytes) -> Image:
    """The pixels alone, upright, in sRGB, on white. Raises Refused."""
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(data), formats=_READ) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise refuse("picture_pixels", field="file", most=MOST_PIXELS // 1_000_000)
            # a JPEG can be decoded at a fraction of its size, which is all that is needed
            opened.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))
            profile = opened.info.get("icc_profile")
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise refuse("picture_pixels", field="file", most=MOST_PIXELS // 1_000_000) from error
    except Refused:
        raise
    except _WRONG as error:
        raise refuse("picture_damaged", field="file") from error
    if min(upright.size) < LEAST_SIDE:
        raise refuse("picture_small", field="file", least=LEAST_SIDE)
    clean = Image.new("RGB", upright.size, "white")
    clean.paste(upright, mask=upright.getchannel("A"))
    return _in_srgb(clean, profile)


def _in_srgb(image: Image, profile: bytes | None) -> Image:
    """Phones photograph in wider colour spaces; without their profile these would look dull."""
    if not profile:
        return image
    from PIL import ImageCms

    try:
        ours, theirs = ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(BytesIO(profile))
        turned = ImageCms.profileToProfile(image, theirs, ours)
    except (ImageCms.PyCMSError, *_WRONG):
        return image  # a profile that is none: the colours as they are
    if turned is None:
        return image
    turned.info.clear()
    return turned


def _height(image: Image, width: int) -> int:
    return max(1, round(image.height * width / image.width))


def _encoded(image: Image, digest: str, widths: Iterable[int]) -> Iterable[tuple[str, bytes]]:
    from PIL.Image import Resampling

    for width in widths:
        sized = image.resize((width, _height(image, width)), Resampling.LANCZOS)
        for kind, (form, settings) in KINDS.items():
            file = BytesIO()
            sized.save(file, form, **settings)
            yield name_of(digest, width, kind), file.getvalue()


def keep(folder: Path, picture: Picture) -> None:
    """Write all files; each is whole or not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in picture.files.items():
        made = folder / f".{name}.{secrets.token_hex(4)}"
        made.write_bytes(data)
        made.replace(folder / name)


def discard(folder: Path, digest: str) -> None:
    for file in folder.glob(f"{digest}-*"):
        file.unlink(missing_ok=True)
