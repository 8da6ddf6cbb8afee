"""What the shop sells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Product:
    """Names and prices by the language of the page; a language has its currency."""

    id: str
    names: dict[str, str]
    notes: dict[str, str]
    prices: dict[str, str]


PRODUCTS: Final = (
    Product(
        "sencha",
        {"en": "Sencha", "ru": "Сенча"},
        {"en": "Green, fresh, a little sweet", "ru": "Зелёный, свежий, чуть сладкий"},
        {"en": "9.50", "ru": "690"},
    ),
    Product(
        "assam",
        {"en": "Assam", "ru": "Ассам"},
        {"en": "Black, malty, good with milk", "ru": "Чёрный, солодовый, хорош с молоком"},
        {"en": "8.00", "ru": "540"},
    ),
    Product(
        "oolong",
        {"en": "Oolong", "ru": "Улун"},
        {"en": "Half dark, flowers and cream", "ru": "Полутёмный, цветы и сливки"},
        {"en": "12.00", "ru": "890"},
    ),
    Product(
        "rooibos",
        {"en": "Rooibos", "ru": "Ройбуш"},
        {"en": "No caffeine, honey and wood", "ru": "Без кофеина, мёд и дерево"},
        {"en": "7.50", "ru": "490"},
    ),
)
CURRENCY: Final = {"en": "EUR", "ru": "RUB"}
MOST_PACKS: Final = 20


def product(id_: str) -> Product | None:
    return next((each for each in PRODUCTS if each.id == id_), None)
