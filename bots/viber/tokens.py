"""Message tokens: Viber's ids of messages, 64-bit numbers that no float can hold.

The messages of one broadcast share a token: an id names one of them only together with a person.
"""

from bots.fields import Fields, WrongType


def token_of(fields: Fields) -> str:
    """The message token as digits. Raises WrongType."""
    token = fields.get("message_token")
    if type(token) is int and 0 <= token < 2**64:
        return str(token)
    if type(token) is str and 0 < len(token) <= 20 and token.isascii() and token.isdigit():
        return token
    raise WrongType("message_token is not a whole number of 64 bits")
