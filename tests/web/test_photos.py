"""Photos of rooms: what is kept of an upload, what is refused, how it is served."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import stream_encode_multipart

from booking.domain.errors import Refused
from booking.storage import pictures
from booking.storage.db import reading
from booking.storage.photos import photos_of
from booking.storage.pictures import prepared
from booking.storage.places import room_by_slug
from tests.support.clients import WebClient
from tests.support.pictures import SECRET_PLACE, from_a_phone, picture
from tests.support.world import World


def test_nothing_but_the_pixels_is_kept() -> None:
    data = from_a_phone()
    assert data.count(SECRET_PLACE) == 3, "the control: it is in the upload"
    made = prepared(data, 1)
    assert (made.width, made.height, len(made.files)) == (330, 400, 3), "upright"
    for name, file in made.files.items():
        assert SECRET_PLACE not in file, name
        with Image.open(BytesIO(file)) as image:
            assert not image.getexif(), name
            assert not {"exif", "xmp", "comment", "icc_profile"} & set(image.info), name
            red, _green, blue = image.convert("RGB").getpixel((160, 40))
            assert red > 200 > 60 > blue, "the top was the left"


def test_sizes_never_grow() -> None:
    widths = {name.rpartition("-")[2] for name in prepared(picture("WEBP", (1100, 800)), 1).files}
    assert widths == {f"{width}.{kind}" for width in (480, 960, 1100) for kind in ("avif", "webp", "jpg")}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture_kind"),
        (picture("GIF"), "picture_kind"),
        (picture()[:200], "picture_damaged"),
        (b"\xff\xd8\xff" + b"x" * 400, "picture_damaged"),
        (picture(size=(400, 319)), "picture_small"),
        (b"\xff\xd8\xff" + bytes(pictures.MOST_BYTES), "picture_bytes"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Refused, match=code):
        prepared(data, 1)


@pytest.mark.parametrize("size", [(8000, 5001), (60000, 60000)])
def test_a_pixel_bomb_is_not_decoded(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = bytearray(picture("PNG"))
    bomb[16:24] = size[0].to_bytes(4) + size[1].to_bytes(4)
    import zlib

    bomb[29:33] = zlib.crc32(bytes(bomb[12:29])).to_bytes(4)
    monkeypatch.setattr(Image.Image, "load", lambda _self: pytest.fail("decoded"))
    with pytest.raises(Refused, match="picture_pixels"):
        prepared(bytes(bomb), 1)


def test_add_order_serve_remove(world: World) -> None:
    web, nobody = WebClient(world).log_in("admin"), WebClient(world)
    address, folder = "/manage/rooms/musik/photos", Path(world.app.config["DATA"]) / "photos"

    def send(data: bytes, **more: str):
        body = {"file": (BytesIO(data), "x.jpg"), "alt_id": "Ruang musik", "alt_en": "Music room", **more}
        return web.post(address, body, content_type="multipart/form-data")

    file = FileStorage(BytesIO(bytes(2**21)), "x.jpg")
    stream, _length, boundary = stream_encode_multipart(MultiDict({"file": file}), use_tempfile=False)
    large = {"data": stream.read(), "content_type": f"multipart/form-data; boundary={boundary}"}
    assert nobody.client.post(address, **large).status_code == 413, "no memory for strangers"
    assert web.client.post(address, **large).status_code == 400, "read, and without a token"
    assert send(picture(), alt_en="").status_code == 422
    assert send(b"no picture").status_code == 422
    assert not folder.exists(), "refused: nothing is kept"
    assert [send(picture(size=size)).status_code for size in ((400, 330), (500, 330))] == [302, 302]
    assert send(picture()).status_code == 422, "there already"
    room = room_by_slug(reading(), "musik").id
    first, second = photos_of(reading(), room)
    before = nobody.get("/rooms/musik")
    assert f"{second.digest}-480.avif 480w" in before.text
    assert 'alt="Ruang musik"' in before.text
    assert f'property="og:image" content="http://127.0.0.1:8000/photos/{first.digest}-400.jpg"' in before.text
    assert web.get(address).status_code == 200
    web.post(f"{address}/{second.id}", {"alt_id": "Drum", "alt_en": "Drums", "earlier": "1"})
    reading().rollback()
    assert [one.id for one in photos_of(reading(), room)] == [second.id, first.id]
    assert 'alt="Drum"' in nobody.get("/rooms/musik").text, "a page that was kept is made anew"
    for kind, of in pictures.TYPES.items():
        answer = nobody.get(f"/photos/{second.digest}-480.{kind}")
        assert (answer.status_code, answer.content_type) == (200, of)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert not {"Set-Cookie", "Vary"} & set(answer.headers)
    for wrong in ("../secret_key", f"{second.digest}-480.svg", f"{'0' * 32}-480.jpg"):
        assert nobody.get(f"/photos/{wrong}").status_code == 404
    web.post(f"{address}/{second.id}/remove", {})
    assert not list(folder.glob(f"{second.digest}*"))
    assert len(list(folder.glob(f"{first.digest}*"))) == 3
