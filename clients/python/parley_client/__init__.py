"""Parley for a shop's server: sign site tokens, make links, tell events, check webhooks."""

from parley_client.answers import Contact, EventTaken, Link, Preferences
from parley_client.claims import Button, Changes, Claims, Consent, Item, Message, Order
from parley_client.client import AsyncParley, Parley
from parley_client.errors import ParleyError, Refused, Unreachable
from parley_client.page import subscribe_tag, widget_script
from parley_client.tokens import Site
from parley_client.webhooks import BadWebhook, Event, Webhooks

__all__ = [
    "AsyncParley",
    "BadWebhook",
    "Button",
    "Changes",
    "Claims",
    "Consent",
    "Contact",
    "Event",
    "EventTaken",
    "Item",
    "Link",
    "Message",
    "Order",
    "Parley",
    "ParleyError",
    "Preferences",
    "Refused",
    "Site",
    "Unreachable",
    "Webhooks",
    "subscribe_tag",
    "widget_script",
]
