"""Many sends in one request, and what VK answers about each of them."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from bots.contract import Part
from bots.vk.answers import refusal_in
from bots.vk.errors import FAILURES, is_about_receivers, outcome_of
from bots.vk.limits import LIMITS
from bots.vk.requests import Request, Unsendable, request_of
from core.ids import UserId
from core.outcomes import Outcome, Refused, Sent, Unknown, Unreachable

Call: TypeAlias = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
MOST_CODE: Final = 60_000
"""Characters of one `execute`. VK tells no limit; 25 plain texts take less."""
_SILENCE = Unknown("VK tells nothing about this person")


async def send_all(call: Call, sends: Sequence[tuple[UserId, Part]]) -> list[Outcome]:
    """An outcome for each, in order. What is the same message to several people is said once."""
    requests = [_prepared(user, part) for user, part in sends]
    good = [request for request in requests if isinstance(request, Request)]
    told: list[Outcome] = []
    for batch in _batches(good):
        told += await _sent(call, batch)
    outcomes = iter(told)
    return [next(outcomes) if isinstance(one, Request) else one for one in requests]


def _prepared(user: UserId, part: Part) -> Request | Refused:
    try:
        return request_of(user, part)
    except Unsendable as error:
        return Refused(f"not sendable by VK: {error}")


def _batches(requests: Sequence[Request]) -> Iterator[Sequence[Request]]:
    """As many as one request takes."""
    if _is_one_message(requests):
        most = LIMITS.receivers_per_request
        yield from (requests[start : start + most] for start in range(0, len(requests), most))
        return
    batch: list[Request] = []
    for request in requests:
        is_full = len(batch) == LIMITS.contents_per_request
        if batch and (is_full or len(code_of([*batch, request])) > MOST_CODE):
            yield batch
            batch = []
        batch.append(request)
    if batch:
        yield batch


def _is_one_message(requests: Sequence[Request]) -> bool:
    return all(request.fields == requests[0].fields for request in requests)


async def _sent(call: Call, requests: Sequence[Request]) -> list[Outcome]:
    is_one_message = _is_one_message(requests)
    users = [request.user for request in requests]
    try:
        if is_one_message:
            answer = await call("messages.send", {**requests[0].fields, "peer_ids": users})
            return _told(answer["response"], users)
        return _executed(await call("execute", {"code": code_of(requests)}), users)
    except FAILURES as failure:
        outcome = outcome_of(failure)
        is_about_some = is_about_receivers(failure)
    # A refusal of the whole that is about one message or one person must not hit the others.
    # What did leave is not sent twice: `random_id` is the same.
    about_one: tuple[type[Outcome], ...] = (
        (Unreachable,) if is_one_message else (Unreachable, Refused)
    )
    if len(requests) > 1 and (is_about_some or isinstance(outcome, about_one)):
        return [(await _sent(call, [request]))[0] for request in requests]
    return [outcome] * len(requests)


def code_of(requests: Sequence[Request]) -> str:
    """VKScript that sends them all. Everything of a message stands inside a string of JSON."""
    calls = (
        json.dumps({**request.fields, "peer_ids": str(request.user)}, ensure_ascii=False)
        for request in requests
    )
    code = "return [" + ",".join(f"API.messages.send({call})" for call in calls) + "];"
    # JSON allows these two in a string, ECMAScript took them for ends of lines.
    return code.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _executed(answer: Mapping[str, Any], users: Sequence[int]) -> list[Outcome]:
    """A call that failed stands as `false`, its error in `execute_errors`, in the same order."""
    results = answer["response"]
    if not isinstance(results, list) or len(results) != len(users):
        return [_SILENCE] * len(users)
    told = answer.get("execute_errors")
    errors = [refusal_in(error) for error in told] if isinstance(told, list) else []
    has_all = len(errors) == sum(result is False for result in results)
    left = iter(errors if has_all else [None] * len(users))
    outcomes: list[Outcome] = []
    for user, result in zip(users, results, strict=True):
        if result is False:
            refusal = next(left)
            outcomes.append(outcome_of(refusal) if refusal else _SILENCE)
        else:
            outcomes += _told(result, [user])
    return outcomes


def _told(response: Any, users: Sequence[int]) -> list[Outcome]:
    """VK's list of receivers, or the bare message id of one."""
    if type(response) is int and response > 0 and len(users) == 1:
        return [Sent(str(response))]
    rows = response if isinstance(response, list) else []
    found = {
        row["peer_id"]: row
        for row in rows
        if isinstance(row, dict) and type(row.get("peer_id")) is int
    }
    return [_outcome(found[user]) if user in found else _SILENCE for user in users]


def _outcome(row: Mapping[str, Any]) -> Outcome:
    error = row.get("error")
    if error:
        refusal = refusal_in(error)
        return outcome_of(refusal) if refusal else Refused(str(error)[:300])
    id_ = row.get("message_id")
    return Sent(str(id_) if type(id_) is int and id_ else "")
