"""Markup of templates, and values that are never read as any."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.content import Span, SpanKind
from flows import markup, templates

B, I, S, C, L = (  # noqa: E741  # one letter a kind keeps the table readable
    SpanKind.BOLD,
    SpanKind.ITALIC,
    SpanKind.STRIKE,
    SpanKind.CODE,
    SpanKind.LINK,
)


def formatted(template: str, **names: object) -> markup.Formatted:
    return markup.read(templates.run(templates.text(template), names.get))


@pytest.mark.parametrize(
    ("template", "text", "spans"),
    [
        pytest.param("a **b** c", "a b c", [(B, 2, 1)], id="bold"),
        pytest.param("a *b* _c_", "a b c", [(I, 2, 1), (I, 4, 1)], id="italic both ways"),
        pytest.param("~~a~~ `b`", "a b", [(S, 0, 1), (C, 2, 1)], id="struck out and code"),
        pytest.param("**a _b_ c**", "a b c", [(B, 0, 5), (I, 2, 1)], id="one inside the other"),
        pytest.param("**a***", "a*", [(B, 0, 1)], id="a star too many stays"),
        pytest.param("2 * 3 * 4", "2 * 3 * 4", [], id="a product is no markup"),
        pytest.param("2*3*4", "2*3*4", [], id="nor without spaces"),
        pytest.param("snake_case_name", "snake_case_name", [], id="nor is a snake"),
        pytest.param("**a\nb**", "**a\nb**", [], id="nothing spans lines"),
        pytest.param(r"\*a\* \[b]", "*a* [b]", [], id="a backslash takes a sign as it is"),
        pytest.param("`**a**`", "**a**", [(C, 0, 5)], id="code is taken as it is"),
        pytest.param("👋 **a**", "👋 a", [(B, 2, 1)], id="offsets count code points"),
        pytest.param("  \n**a**\n", "a", [(B, 0, 1)], id="blank edges go, spans move along"),
        pytest.param("[a](https://b.example/c_(d))", "a", [(L, 0, 1, "https://b.example/c_(d)")],
                     id="a link with brackets in it"),
        pytest.param("[**a**](https://b.example)", "a",
                     [(L, 0, 1, "https://b.example"), (B, 0, 1)], id="a bold link"),
        pytest.param("[a](javascript:alert)", "a", [], id="only the web is linked to"),
        pytest.param("[a](b)", "a", [], id="only whole URLs are"),
    ],
)  # fmt: skip
def test_markup(template: str, text: str, spans: list[tuple[object, ...]]) -> None:
    made = [Span(*span) for span in spans]  # type: ignore[arg-type]  # rows of the table
    assert formatted(template) == markup.Formatted(text, tuple(made))


@given(st.text(min_size=1).filter(lambda text: not set(text) & set("\ufdd0\ufdd1\ufdd2")))
@settings(max_examples=300, deadline=None)
def test_a_value_is_never_markup(value: str) -> None:
    made = formatted("<**{{ v }}** _{{ v }}_ {{ v }} [x](https://a.example/?q={{ v }})>", v=value)
    size = len(value)
    assert made.text == f"<{value} {value} {value} x>"
    bold, italic, link = made.spans
    assert (bold.kind, bold.offset, bold.length) == (B, 1, size)
    assert (italic.kind, italic.offset, italic.length) == (I, size + 2, size)
    assert (link.kind, link.offset, link.length) == (L, 3 * size + 4, 1)
    assert link.url.startswith("https://a.example/?q=")
    assert link.url.isascii()


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_a_value_makes_no_formatting_of_its_own(value: str) -> None:
    assert formatted("<{{ v }} {{ v }}>", v=value).spans == ()


@given(st.text(alphabet="*_~`[]() \\ab\nh:/\ufdd0\ufdd1\ufdd2", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_template_reads_as_something(source: str) -> None:
    made = markup.read(source)
    assert all(0 < span.length <= len(made.text) - span.offset for span in made.spans)


@pytest.mark.parametrize(
    ("template", "value", "url"),
    [
        pytest.param("https://a.example/{{ v }}", "x y/z", "https://a.example/x%20y/z",
                     id="a value is encoded"),
        pytest.param("https://a.example/?q={{ v }}", "a&b=c#d/..", "https://a.example/?q=a%26b%3Dc%23d%2F..",
                     id="in a query wholly"),
        pytest.param("{{ v }}", "https://a.example/ü", "https://a.example/ü",
                     id="a value that is a URL stays"),
        pytest.param("{{ v }}", "javascript:alert(1)", "", id="another scheme is none"),
        pytest.param("{{ v }}", "https://a@b.example/", "", id="nor one with a user's name"),
        pytest.param("{{ v }}", "https://a.example/\nX: y", "", id="nor one with a line break"),
        pytest.param("{{ v }}", "", "", id="nothing is none"),
        pytest.param("https://a.example:{{ v }}/", "99999", "", id="a port that cannot be"),
    ],
)  # fmt: skip
def test_urls(template: str, value: str, url: str) -> None:
    assert markup.url(templates.run(templates.text(template), {"v": value}.get)) == url
