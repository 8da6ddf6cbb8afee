"""What each role may do: the table that docs/people-and-rights.md shows."""

import re
from pathlib import Path

import pytest

import inbox
from core.roles import Role
from inbox.rights import Right, may
from inbox.sections import sections_of

EVERYBODY = {
    Right.ANSWER, Right.TAKE, Right.ASSIGN_OTHERS, Right.CLOSE, Right.NOTE, Right.LABEL,
    Right.TEND_CONTACT,
}  # fmt: skip
USUAL = ["inbox", "replies", "overview"]
ADMINS_ONLY = {Right.MANAGE_PEOPLE, Right.ERASE_CONTACT, Right.CHANGE_SETTINGS}


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize(
    ("role", "rights"),
    [
        pytest.param(Role.OPERATOR, EVERYBODY, id="an operator answers"),
        pytest.param(Role.SUPERVISOR, set(Right) - ADMINS_ONLY, id="a supervisor sees to the work"),
        pytest.param(Role.ADMIN, set(Right), id="an administrator may everything"),
    ],
)
def test_what_a_role_may(role: Role, rights: set[Right], right: Right) -> None:
    assert may(role, right) is (right in rights)


@pytest.mark.parametrize(
    ("role", "names"),
    [
        pytest.param(Role.OPERATOR, ["inbox", "contacts", "replies", "overview"], id="an operator"),
        pytest.param(
            Role.SUPERVISOR,
            ["inbox", "contacts", "replies", "overview", "pages", "audit", "deliveries"],
            id="a supervisor",
        ),
        pytest.param(
            Role.ADMIN,
            ["inbox", "contacts", "replies", "overview", "pages", "people", "audit", "deliveries"],
            id="an administrator",
        ),
    ],
)
def test_the_navigation_shows_what_one_may_open(role: Role, names: list[str]) -> None:
    assert [one.name for one in sections_of(role)] == names


def test_every_right_is_in_the_document() -> None:
    page = Path(inbox.__file__).parents[1] / "docs" / "people-and-rights.md"
    documented = set(re.findall(r"^\| `(\w+)` \|", page.read_text(encoding="utf-8"), re.M))
    assert documented == {right.name.lower() for right in Right}
