"""One message as the platform messages that carry it: what may stand together."""

import pytest

from core.channels import Limits
from core.content import Content, Media, MediaKind, PressButton
from core.parts import fit

LIMITS = Limits(
    text=100,
    caption=20,
    button_label=64,
    button_value_bytes=64,
    buttons=10,
    buttons_in_row=3,
    start_parameter=64,
    account_per_second=30,
    address_per_second=1,
    address_burst=1,
    is_idempotent=False,
    tells_delivered=False,
    tells_read=False,
    captioned=frozenset({MediaKind.PHOTO}),
)
PHOTO, FILE = Media(MediaKind.PHOTO, "https://e.x/a"), Media(MediaKind.DOCUMENT, "https://e.x/b")
YES = (PressButton("Yes", "yes"),)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        pytest.param(
            Content("Look", attachments=(PHOTO,), buttons=YES),
            (Content("Look", attachments=(PHOTO,), buttons=YES),),
            id="a short text is the caption of a file that can have one",
        ),
        pytest.param(
            Content("Look", attachments=(FILE,), buttons=YES),
            (Content(attachments=(FILE,)), Content("Look", buttons=YES)),
            id="a text beside a file that has no caption follows it, with the buttons",
        ),
        pytest.param(
            Content("Look" * 6, attachments=(PHOTO,), buttons=YES),
            (Content(attachments=(PHOTO,)), Content("Look" * 6, buttons=YES)),
            id="so does one that is too long for a caption",
        ),
    ],
)
def test_a_text_stands_with_its_file_where_the_messenger_can(
    content: Content, parts: tuple[Content, ...]
) -> None:
    assert fit(content, LIMITS) == parts
