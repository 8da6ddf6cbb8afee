"""One message → the platform messages that carry it, by the limits of its messenger."""

from dataclasses import replace
from itertools import pairwise

from core.channels import Limits
from core.content import Button, Content, Media, PressButton, Span
from core.text import cut_points, utf16_length


def fit(content: Content, limits: Limits) -> tuple[Content, ...]:
    """The parts in order, at least one. The buttons, cut to size, are on the last part.

    Buttons beyond the limit stand as a numbered list in the text; the number can be written back.
    """
    content = _within_button_limit(content, limits)
    if not content.attachments:
        return tuple(_texts(content, limits))
    parts: list[Content] = []
    first, *others = content.attachments
    takes_caption = isinstance(first, Media) and first.kind in limits.captioned
    if content.text and takes_caption and utf16_length(content.text) <= limits.caption:
        parts.append(replace(content, attachments=(first,), buttons=()))
    else:
        parts.append(Content(attachments=(first,)))
        if content.text:
            others_last = _texts(replace(content, attachments=(), buttons=()), limits)
            parts = [parts[0], *others_last]
    parts += [Content(attachments=(attachment,)) for attachment in others]
    parts[-1] = replace(parts[-1], buttons=content.buttons, clears_keyboard=content.clears_keyboard)
    return tuple(parts)


def _texts(content: Content, limits: Limits) -> list[Content]:
    if utf16_length(content.text) <= limits.text:
        return [content]
    bounds = [0, *cut_points(content.text, limits.text), len(content.text)]
    pieces = [
        _piece(content, start, end)
        for start, end in pairwise(bounds)
        if content.text[start:end].strip()
    ]
    pieces[-1] = replace(
        pieces[-1], buttons=content.buttons, clears_keyboard=content.clears_keyboard
    )
    return pieces


def _piece(content: Content, start: int, end: int) -> Content:
    text = content.text[start:end].rstrip()
    end = start + len(text)
    spans = tuple(
        Span(span.kind, max(span.offset, start) - start, overlap, span.url)
        for span in content.spans
        if (overlap := min(span.offset + span.length, end) - max(span.offset, start)) > 0
    )
    return Content(text=text, spans=spans)


def _within_button_limit(content: Content, limits: Limits) -> Content:
    buttons = tuple(_short_label(button, limits) for button in content.buttons)
    if len(buttons) <= limits.buttons:
        return replace(content, buttons=buttons) if buttons != content.buttons else content
    lines = [
        f"{number}. {button.label}"
        for number, button in enumerate(content.buttons, 1)
        if isinstance(button, PressButton)
    ]
    kept = tuple(button for button in buttons if not isinstance(button, PressButton))
    return replace(
        content, text="\n".join([content.text, "", *lines]), buttons=kept[: limits.buttons]
    )


def _short_label(button: Button, limits: Limits) -> Button:
    if utf16_length(button.label) <= limits.button_label:
        return button
    cut = cut_points(button.label, limits.button_label - 1)[0]
    return replace(button, label=button.label[:cut].rstrip() + "…")
