"""What an operator is to the inbox. What each role may do is said in `inbox.rights`."""

from enum import StrEnum


class Role(StrEnum):
    """Each may do what the one below may, and more."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
