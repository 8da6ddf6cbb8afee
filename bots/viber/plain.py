"""Formatting for a messenger that has none: the words stay, links stand behind their words."""

from core.content import Content, SpanKind


def plain_of(content: Content) -> str:
    """The text, with "our site (https://…)" where words led to a page."""
    text = content.text
    links = [span for span in content.spans if span.kind is SpanKind.LINK]
    for link in sorted(links, key=lambda span: span.offset, reverse=True):
        end = min(link.offset + link.length, len(text))
        if text[link.offset : end] != link.url:
            text = f"{text[:end]} ({link.url}){text[end:]}"
    return text
