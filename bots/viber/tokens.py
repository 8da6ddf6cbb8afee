"""Message tokens: Viber's ids of messages, 64-bit numbers that no float can hold."""

from bots.fields import Fields, WrongType
from core.ids import UserId


def token_of(fields: Fields) -> str:
    """The message token as digits. Raises WrongType."""
    token = fields.get("message_token")
    if type(token) is int and 0 <= token < 2**64:
        return str(token)
    if type(token) is str and 0 < len(token) <= 20 and token.isascii() and token.isdigit():
        return token
    raise WrongType("message_token is not a whole number of 64 bits")


def sent_id(token: str, user: UserId) -> str:
    """What names one send of ours: the messages of a broadcast share one token."""
    return f"{token}:{user}"
