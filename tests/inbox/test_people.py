"""/people: roles, access, invitations; and that somebody always can let the others in."""

import asyncio
import re

import pytest

from core.acts import COMMAND_LINE
from core.ids import OperatorId
from core.roles import Role
from inbox.journal import Journal
from inbox.people import LastAdmin, People
from tests.inbox.office import PASSWORD, Browser, Office
from tests.inbox.test_second_factor import set_up

NEW = {"login": "nina", "name": "Nina", "password": "three calm green teapots"}


async def invite(browser: Browser, role: str = "operator", **fields: str) -> str:
    """The path of a new invitation."""
    answer = await browser.post("/people/invite", {"role": role, **fields})
    assert answer.status == 200, answer.seen
    found = re.search(r"http://parley\.test(/invitations/[\w-]{43})", answer.text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR])
@pytest.mark.parametrize(
    "path", ["/people/invite", "/people/revoke", "/people/second-factor", "/people/1000/role"]
)
async def test_only_administrators_manage_people(
    sqlite_office: Office, role: Role, path: str
) -> None:
    browser = await sqlite_office.signed_in(role=role)
    assert (await browser.get("/people")).status == 403
    assert (await browser.get("/people/1000")).status == 403
    answer = await browser.post(path, {"role": "admin", "demand": "yes", "invitation": "1"})
    assert answer.status == 403
    assert "Your role does not allow this" in answer.seen


@pytest.mark.parametrize(
    ("role", "status"), [(Role.OPERATOR, 403), (Role.SUPERVISOR, 200), (Role.ADMIN, 200)]
)
async def test_who_reads_the_audit_log(sqlite_office: Office, role: Role, status: int) -> None:
    browser = await sqlite_office.signed_in(role=role)
    assert (await browser.get("/audit")).status == status


async def test_everybody_is_listed_with_role_and_state(office: Office) -> None:
    admin = await office.signed_in("ada", Role.ADMIN)
    await office.operator("boris", "Boris")
    async with office.world.database.write() as tx:
        await tx.operators.disable("boris", office.world.now)
    seen = (await admin.get("/people")).seen
    assert "Ada ada · you Administrator no second factor last seen: now" in seen
    assert "Boris boris Operator no second factor disabled" in seen


async def test_a_role_is_changed_and_holds_at_once(office: Office) -> None:
    admin, vera = await office.signed_in("ada", Role.ADMIN), await office.signed_in()
    one = await _id_of(office, "vera")
    assert (await vera.get("/audit")).status == 403
    answer = await admin.post(f"/people/{one}/role", {"role": "supervisor"})
    assert answer.headers["Location"] == f"/people/{one}?done=saved"
    assert (await vera.get("/audit")).status == 200
    told = (await office.acts("Ada"))[-1]
    assert told == "changed the role of Vera: Operator → Supervisor"
    assert (await admin.post(f"/people/{one}/role", {"role": "god"})).status == 400
    assert (await admin.post("/people/77/role", {"role": "admin"})).status == 404


async def test_disabling_signs_out_and_enabling_lets_in_again(office: Office) -> None:
    admin, vera = await office.signed_in("ada", Role.ADMIN), await office.signed_in()
    one = await _id_of(office, "vera")
    await admin.post(f"/people/{one}/disable")
    assert (await vera.get("/inbox")).status == 303
    assert (await vera.sign_in()).status == 403
    await admin.post(f"/people/{one}/enable")
    assert (await vera.sign_in()).status == 303
    acts = await office.acts("Ada")
    assert acts[-2:] == ["disabled Vera", "enabled Vera again"]


async def test_an_administrator_ends_the_sessions_of_somebody(office: Office) -> None:
    admin, vera = await office.signed_in("ada", Role.ADMIN), await office.signed_in()
    await admin.post(f"/people/{await _id_of(office, 'vera')}/end")
    assert (await vera.get("/inbox")).status == 303


async def test_a_lost_second_factor_is_reset(office: Office) -> None:
    admin, vera = await office.signed_in("ada", Role.ADMIN), await office.signed_in()
    await set_up(office, vera)
    await admin.post(f"/people/{await _id_of(office, 'vera')}/reset")
    assert (await vera.get("/inbox")).status == 303
    assert (await vera.sign_in()).headers["Location"] == "/inbox"
    assert (await office.acts("Ada"))[-1] == "reset the second factor of Vera"


@pytest.mark.parametrize("act", ["disable", "reset"])
async def test_some_things_one_does_not_do_to_oneself(sqlite_office: Office, act: str) -> None:
    admin = await sqlite_office.signed_in("ada", Role.ADMIN)
    await sqlite_office.operator("eve", "Eve", role=Role.ADMIN)
    answer = await admin.post(f"/people/{await _id_of(sqlite_office, 'ada')}/{act}")
    assert answer.status == 409
    assert "Ask another administrator" in answer.seen


async def test_the_last_administrator_stays_one(office: Office) -> None:
    admin = await office.signed_in("ada", Role.ADMIN)
    await office.operator("eve", "Eve", role=Role.ADMIN)
    ada, eve = await _id_of(office, "ada"), await _id_of(office, "eve")
    # Whoever is disabled counts for nothing.
    assert (await admin.post(f"/people/{eve}/disable")).status == 303
    answer = await admin.post(f"/people/{ada}/role", {"role": "operator"})
    assert answer.status == 409
    assert "last administrator" in answer.seen
    await admin.post(f"/people/{eve}/enable")
    assert (await admin.post(f"/people/{ada}/role", {"role": "operator"})).status == 303


async def test_two_administrators_who_remove_each_other_at_once_leave_one(
    office: Office,
) -> None:
    for login in ("ada", "eve"):
        await office.operator(login, login, role=Role.ADMIN)
    world = office.world
    people = People(Journal(lambda: next(world.numbers), lambda: world.now))

    async def remove(login: str) -> None:
        async with world.database.write() as tx:
            one = await tx.operators.find(login)
            assert one is not None
            # The other one is as far before either writes.
            await asyncio.sleep(0)
            await people.set_role(tx, one, Role.OPERATOR, COMMAND_LINE)

    results = await asyncio.gather(remove("ada"), remove("eve"), return_exceptions=True)
    assert [type(one) for one in results if one is not None] == [LastAdmin]
    async with world.database.read() as tx:
        assert [one.role for one in await tx.operators.all()].count(Role.ADMIN) == 1


async def test_dangerous_acts_ask_for_the_password_again(office: Office) -> None:
    admin = await office.signed_in("ada", Role.ADMIN)
    await office.operator()
    path = f"/people/{await _id_of(office, 'vera')}"
    office.world.wait(minutes=15)
    answer = await admin.post(f"{path}/role", {"role": "admin"})
    assert (answer.status, answer.headers["Location"]) == (303, f"/confirm?next={path}")
    asked = await admin.post(f"{path}/role", {"role": "admin"}, Accept="application/json")
    assert asked.json == {"to": f"/confirm?next={path}"}
    assert await _role_of(office, "vera") is Role.OPERATOR
    # What only takes away goes through.
    assert (await admin.post(f"{path}/end")).headers["Location"] == f"{path}?done=saved"
    wrong = await admin.post("/confirm", {"password": "wrong", "next": path})
    assert wrong.status == 403
    right = await admin.post("/confirm", {"password": PASSWORD, "next": path})
    assert (right.status, right.headers["Location"]) == (303, path)
    assert (await admin.post(f"{path}/role", {"role": "admin"})).status == 303
    assert await _role_of(office, "vera") is Role.ADMIN


@pytest.mark.parametrize("path", ["/people/invite", "/people/1001/enable", "/people/1001/reset"])
async def test_these_acts_are_dangerous(sqlite_office: Office, path: str) -> None:
    admin = await sqlite_office.signed_in("ada", Role.ADMIN)
    sqlite_office.world.wait(minutes=15)
    answer = await admin.post(path, {"role": "admin"})
    assert answer.headers["Location"].startswith("/confirm?next=/people")


async def test_an_invitation_makes_an_operator_once(office: Office) -> None:
    admin = await office.signed_in("ada", Role.ADMIN)
    path = await invite(admin, "supervisor", name="Nina", email="nina@example.com")
    listed = (await admin.get("/people")).seen
    assert "Nina nina@example.com Supervisor · invited by Ada" in listed
    guest = office.browser()
    page = await guest.get(path)
    assert 'value="Nina"' in page.text
    assert "You will be a supervisor" in page.seen
    accepted = await guest.raw_post(f"{path}/accept", NEW)
    assert (accepted.status, accepted.headers["Location"]) == (303, "/inbox")
    assert (await guest.get("/audit")).status == 200
    again = await office.browser().raw_post(f"{path}/accept", {**NEW, "login": "olga"})
    assert again.status == 404
    assert "This invitation is over" in again.seen
    assert "accepted an invitation as: Supervisor" in await office.acts("Nina")
    assert (await office.acts("Ada"))[-1] == "invited Nina as: Supervisor"
    assert "Not accepted yet" not in (await admin.get("/people")).seen
    assert (await guest.sign_in("nina", NEW["password"])).status == 303


async def test_of_two_who_accept_at_once_one_gets_in(office: Office) -> None:
    path = await invite(await office.signed_in("ada", Role.ADMIN))
    guests = [(office.browser(), {**NEW, "login": f"nina{number}"}) for number in range(2)]
    answers = await asyncio.gather(
        *(guest.raw_post(f"{path}/accept", fields) for guest, fields in guests)
    )
    assert sorted(one.status for one in answers) == [303, 404]


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        pytest.param({"login": "ada"}, 409, "has this login already", id="a login that is taken"),
        pytest.param({"login": "ni na"}, 422, "no spaces", id="a login with a space"),
        pytest.param({"login": ""}, 422, "no spaces", id="no login"),
        pytest.param({"name": ""}, 422, "A name has", id="no name"),
        pytest.param({"password": "nina"}, 422, "at least 10", id="a short password"),
        pytest.param({"password": "password123"}, 422, "Many people", id="a usual password"),
    ],
)
async def test_an_invitation_stays_good_after_a_mistake(
    sqlite_office: Office, fields: dict[str, str], status: int, said: str
) -> None:
    path = await invite(await sqlite_office.signed_in("ada", Role.ADMIN))
    guest = sqlite_office.browser()
    wrong = await guest.raw_post(f"{path}/accept", {**NEW, **fields}, Accept="application/json")
    assert wrong.status == status
    assert said in wrong.json["error"]
    right = await guest.raw_post(f"{path}/accept", NEW, Accept="application/json")
    assert right.json == {"to": "/inbox"}


async def test_an_invitation_is_over_after_seven_days(sqlite_office: Office) -> None:
    path = await invite(await sqlite_office.signed_in("ada", Role.ADMIN))
    sqlite_office.world.wait(days=7, seconds=-1)
    assert (await sqlite_office.browser().get(path)).status == 200
    sqlite_office.world.wait(seconds=1)
    assert (await sqlite_office.browser().get(path)).status == 404
    assert (await sqlite_office.browser().raw_post(f"{path}/accept", NEW)).status == 404


async def test_a_revoked_invitation_is_over(sqlite_office: Office) -> None:
    admin = await sqlite_office.signed_in("ada", Role.ADMIN)
    path = await invite(admin, name="Nina")
    found = re.search(r'name="invitation" value="(\d+)"', (await admin.get("/people")).text)
    assert found is not None
    for _ in range(2):
        answer = await admin.post("/people/revoke", {"invitation": found[1]})
        assert answer.status == 303
    assert (await sqlite_office.browser().get(path)).status == 404
    acts = await sqlite_office.acts("Ada")
    assert acts.count("revoked the invitation of Nina as: Operator") == 1
    assert (await admin.post("/people/revoke", {"invitation": "1; DROP"})).status == 400


async def test_the_database_knows_only_an_invitations_digest(sqlite_office: Office) -> None:
    path = await invite(await sqlite_office.signed_in("ada", Role.ADMIN))
    async with sqlite_office.world.database.read() as tx:
        [stored] = await tx.invitations.open(sqlite_office.world.now)
    assert path.rpartition("/")[2] not in str(stored)
    assert len(stored.digest) == 64


async def test_a_forged_acceptance_is_refused(sqlite_office: Office) -> None:
    path = await invite(await sqlite_office.signed_in("ada", Role.ADMIN))
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (await sqlite_office.browser().raw_post(f"{path}/accept", NEW, **foreign)).status == 403


async def _id_of(office: Office, login: str) -> OperatorId:
    async with office.world.database.read() as tx:
        one = await tx.operators.find(login)
    assert one is not None
    return one.id


async def _role_of(office: Office, login: str) -> Role:
    async with office.world.database.read() as tx:
        one = await tx.operators.find(login)
    assert one is not None
    return one.role
