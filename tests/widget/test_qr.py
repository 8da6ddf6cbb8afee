"""The path that a page draws is the code, module by module."""

import re

import segno

from subscriptions.qr import qr_path

URL = "https://t.me/shop_bot?start=AbCdEfGhIjKlMnOpQrStUv"


def test_the_path_is_the_code_within_its_quiet_zone() -> None:
    made = qr_path(URL)
    drawn = [bytearray(made["size"]) for _ in range(made["size"])]
    for x, y, width in re.findall(r"M(\d+) (\d+)\.5h(\d+)", made["path"]):
        drawn[int(y)][int(x) : int(x) + int(width)] = b"\x01" * int(width)
    code = segno.make(URL, error="m", micro=False, mask=3)
    whole = [bytes(row) for row in code.matrix_iter(border=4)]
    assert [bytes(row) for row in drawn] == whole
