"""Errors by the names of the Viber REST docs; they ride in HTTP 200."""

from __future__ import annotations

from typing import Final

NAMES: Final = {
    0: "ok",
    1: "invalidUrl",
    2: "invalidAuthToken",
    3: "badData",
    4: "missingData",
    5: "receiverNotRegistered",
    6: "receiverNotSubscribed",
    7: "publicAccountBlocked",
    8: "publicAccountNotFound",
    9: "publicAccountSuspended",
    10: "webhookNotSet",
    11: "receiverNoSuitableDevice",
    12: "tooManyRequests",
    13: "apiVersionNotSupported",
    14: "incompatibleWithVersion",
    15: "publicAccountNotAuthorized",
    16: "inchatReplyMessageNotAllowed",
    17: "publicAccountIsNotInline",
    18: "noPublicChat",
    19: "cannotSendBroadcast",
    20: "broadcastNotAllowed",
    21: "unsupportedCountry",
    22: "paymentUnsupported",
    23: "freeMessagesExceeded",
    24: "noBalance",
}
# The docs give no number: any that they do not list is a general error.
GENERAL: Final = 99


class ApiError(Exception):
    """A call is refused; becomes the platform's status and its message."""

    def __init__(self, status: int, more: str = "") -> None:
        name = name_of(status)
        super().__init__(f"{name}: {more}" if more else name)
        self.status = status


def name_of(status: int) -> str:
    return NAMES.get(status, "generalError")


def bad(more: str) -> ApiError:
    return ApiError(3, more)


def missing(name: str) -> ApiError:
    return ApiError(4, name)
