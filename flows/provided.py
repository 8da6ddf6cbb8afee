"""The names that every template knows."""

PROVIDED = frozenset(
    {
        "contact", "order", "orders", "event", "topics", "site", "channel", "now", "links",
        "language",
    }
)  # fmt: skip
ORDER_FIELDS = frozenset({"ref", "number", "status", "total", "currency", "url", "items"})
