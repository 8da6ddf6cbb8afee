"""Which sends travel together in one request. Pure."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

from core.channels import Limits
from core.content import Content
from core.messages import MessageClass
from storage.sends import Waiting

Bundle: TypeAlias = tuple[Waiting, ...]


def bundles(
    sends: Sequence[Waiting], limits: Limits, may_go_now: Callable[[Waiting], bool]
) -> list[Bundle]:
    """Each send in one bundle, bundles in the order of their first sends.

    A bundle is one message for many, or different messages, as many as the messenger takes in
    one request. Whoever may not get something right now travels alone and holds up nobody; so
    does a reply where all that can travel together is a broadcast.
    """
    if limits.contents_per_request == 1 and limits.receivers_per_request == 1:
        return [(send,) for send in sends]
    alike = Counter(_likeness(send) for send in sends)
    made: list[list[Waiting]] = []
    open_: dict[object, list[Waiting]] = {}
    for send in sends:
        is_answer = send.cls is MessageClass.REPLY and limits.contents_per_request == 1
        if is_answer or not may_go_now(send):
            made.append([send])
            continue
        likeness: object = _likeness(send)
        most = limits.receivers_per_request
        if most == 1 or alike[_likeness(send)] == 1:
            # What nobody else gets goes with other such ones.
            likeness, most = None, limits.contents_per_request
        bundle = open_.get(likeness)
        if bundle is None or len(bundle) >= most:
            bundle = open_[likeness] = []
            made.append(bundle)
        bundle.append(send)
    return [tuple(bundle) for bundle in made]


def shared_number(bundle: Bundle) -> int | None:
    """The random id that one message for many carries; None where each send keeps its own."""
    first = bundle[0]
    is_one_message = all(_likeness(send) == _likeness(first) for send in bundle)
    return first.random_id if len(bundle) > 1 and is_one_message else None


def _likeness(send: Waiting) -> tuple[Content, int]:
    """Equal for sends that can be one message. An attempt that was made keeps its number."""
    return send.content, send.random_id if send.attempts else 0
