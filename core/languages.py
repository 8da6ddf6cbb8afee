"""Texts in several languages, and which of them a person gets."""

from collections.abc import Mapping
from typing import TypeAlias

Localized: TypeAlias = Mapping[str, str]
"""Language code ("en", "ru") → text. Never empty."""


def pick(texts: Localized, locale: str | None, default: str = "en") -> str:
    """The text for a locale such as "ru", "ru-RU" or None; else the default's, else the first."""
    if locale:
        if locale in texts:
            return texts[locale]
        short = locale.replace("_", "-").partition("-")[0].lower()
        if short in texts:
            return texts[short]
    if default in texts:
        return texts[default]
    return next(iter(texts.values()))
