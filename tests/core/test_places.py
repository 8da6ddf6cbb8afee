"""What figures call the page that a widget stands on."""

import pytest

from core.places import place_of

_SHOP = "https://shop.example.com"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", ""),
        ("/", "/"),
        ("/thanks", "/thanks"),
        ("/thanks/", "/thanks"),
        ("/thanks?order=1042&mail=a@b.example#top", "/thanks"),
        ("/orders/1042", "/orders/*"),
        ("/orders/1042/thanks", "/orders/*/thanks"),
        ("/orders/A-10-42", "/orders/*"),
        ("/order-1042", "/*"),
        ("/sale/2026", "/sale/*"),
        ("/top10", "/top10"),
        ("/v2/tea", "/v2/tea"),
        ("/catalog/green-tea-from-the-mountains-of-fujian", "same"),
        ("/ProductDetailPage", "/ProductDetailPage"),
        ("/checkout/onepage/success", "/checkout/onepage/success"),
        ("/o/8a6e0804-2bd0-4672-b79d-d97027f9071a", "/o/*"),
        ("/o/kRqPzXwVbNmLsTgY", "/o/*"),
        ("/o/qWeRtYuIoPaS", "/o/*"),
        ("/o/abcdefghijklmnopqrstuvwxyzabcdef", "/o/*"),
        ("/u/anna@mail.example/orders", "/u/*/orders"),
        ("/cart;jsessionid=ABCDEF", "/cart"),
        ("/%D1%87%D0%B0%D0%B9/%D0%BE%D0%BF%D1%82", "/чай/опт"),
        ("/%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7-%D9%A1%D9%A2%D9%A3", "/*"),
        ("/a%00b/c", "/a\ufffdb/c"),
        ("/a\x00b", "/a\ufffdb"),
        ("/%E2%80%AEgpj.exe", "/*"),
        ("//double///slash", "/double/slash"),
    ],
)
def test_figures_know_a_page_and_no_visitor(path: str, place: str) -> None:
    assert place_of(_SHOP + path) == _SHOP + (path if place == "same" else place)


def test_a_place_is_never_longer_than_its_column() -> None:
    assert len(place_of(_SHOP + "/tea" * 500)) == 200


def test_what_is_no_address_has_no_place() -> None:
    assert place_of("https://[") == ""
