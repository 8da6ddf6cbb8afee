"""The command line: stdout for scripts, stderr for people, an exit code, never a traceback."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
from sqlalchemy import create_engine, text

from tests.server.parley import SHOP_SECRET, Shell

TITLED = "flow: {}\ntitle: {{en: A, ru: A}}\n"


def test_check_says_in_one_line_that_all_is_well(shell: Shell) -> None:
    told = shell.run("check")
    assert (told.code, told.out) == (0, "")
    assert told.err.count("\n") == 1
    assert "1 site, 2 topics, 1 account, 6 flows: all is well" in told.err


def test_check_tells_every_problem_of_a_flow_with_its_line(shell: Shell) -> None:
    (shell.folder / "flows").mkdir()
    broken = f"{TITLED.format('a')}steps:\n  hi:\n    say: {{en: Hi, ru: Hi}}\n    next: nowhere\n"
    (shell.folder / "flows" / "a.yaml").write_text(broken)
    (shell.folder / "flows" / "b.yaml").write_text("flow: [")
    shell.file.write_text(
        shell.file.read_text().replace("database =", 'flows = "flows"\ndatabase =')
    )
    told = shell.run("check")
    assert (told.code, told.out) == (1, "")
    assert "a.yaml:6: error: steps.hi.next[0].to: there is no step `nowhere`" in told.err
    assert "b.yaml:" in told.err


def test_check_tells_every_problem_of_the_configuration(shell: Shell) -> None:
    shell.environment["BOT_TOKEN"] = "x"
    shell.environment["SHOP_SECRET"] = ""
    told = shell.run("check")
    assert (told.code, told.out) == (1, "")
    assert "accounts[0].token" in told.err
    assert "sites[0].keys[0].secret: the environment variable SHOP_SECRET" in told.err


@pytest.mark.parametrize("command", [["check"], ["token", "--site", "shop", "--customer", "7"]])
def test_what_is_asked_for_all_the_time_imports_nothing_heavy(
    shell: Shell, command: list[str]
) -> None:
    script = (
        "import sys\nfrom server.__main__ import app\n"
        "try:\n    app()\nexcept SystemExit as error:\n    assert not error.code, error.code\n"
        "heavy = ('aiogram', 'vkbottle', 'viberbot', 'aiohttp', 'sqlalchemy')\n"
        "sys.exit(' '.join(name for name in heavy if name in sys.modules) or None)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, *command, "--config", str(shell.file)],
        capture_output=True,
        text=True,
        env={**os.environ, **shell.environment},
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_a_token_alone_goes_to_stdout_and_says_what_was_asked(shell: Shell) -> None:
    told = shell.run(
        *("token", "--site", "shop", "--customer", "7", "--order", "1042", "--name", "Anna"),
        *("--locale", "ru", "--topics", "orders,promo", "--expires-in", "2h"),
    )
    assert (told.code, told.err) == (0, "")
    claims = jwt.decode(told.out.strip(), SHOP_SECRET, algorithms=["HS256"], audience="parley")
    assert jwt.get_unverified_header(told.out.strip())["kid"] == "2026-11"
    assert claims["iss"] == "shop"
    assert claims["sub"] == "7"
    assert claims["order"] == {"id": "1042", "number": "1042"}
    assert claims["topics"] == ["orders", "promo"]
    assert claims["exp"] - claims["iat"] == 7200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--site", "gone", "--customer", "7"], "no site 'gone'", id="unknown site"),
        pytest.param(
            ["--site", "shop", "--customer", "7", "--topics", "news"],
            "no topic",
            id="unknown topic",
        ),
        pytest.param(
            ["--site", "shop", "--customer", "7", "--expires-in", "soon"], "span", id="no span"
        ),
        pytest.param(
            ["--site", "shop", "--customer", "7", "--expires-in", "31d"], "30 days", id="too long"
        ),
        pytest.param(
            ["--site", "shop", "--customer", "7" * 300], "sub must have", id="a customer too long"
        ),
    ],
)
def test_a_token_that_would_be_refused_is_not_printed(
    shell: Shell, arguments: list[str], said: str
) -> None:
    told = shell.run("token", *arguments)
    assert (told.code, told.out) == (1, "")
    assert said in told.err


def test_only_the_shop_can_sign_for_a_public_key(shell: Shell) -> None:
    pem = "-----BEGIN PUBLIC KEY-----\\nMCow\\n-----END PUBLIC KEY-----"
    before = 'alg = "HS256", secret = "${SHOP_SECRET}"'
    changed = shell.file.read_text().replace(before, f'alg = "EdDSA", public_key = "{pem}"')
    shell.file.write_text(changed)
    told = shell.run("token", "--site", "shop", "--customer", "7")
    assert (told.code, told.out) == (1, "")
    assert "private key is the shop's" in told.err


def test_simulate_reads_a_pipe_and_moves_its_clock(shell: Shell) -> None:
    told = shell.run("simulate", "order-followup", "--order", "1042", stdin="/wait 3d\n")
    assert told.code == 0
    assert "1042" in told.out
    assert "from 1 to 5" in told.out
    assert "(end)" in told.out
    assert "you: /wait 3d" in told.err


def test_simulate_speaks_the_language_that_is_asked_for(shell: Shell) -> None:
    told = shell.run("simulate", "order-followup", "--order", "7", "--language", "ru", stdin="5\n")
    assert "Здравствуйте, Anna" in told.out
    assert "очень приятно" in told.out


def test_simulate_talks_to_a_file_too(shell: Shell) -> None:
    file = shell.folder / "mine.yaml"
    file.write_text(
        f"{TITLED.format('mine')}steps:\n  hi:\n    say: {{en: Good day, ru: Добрый день}}\n"
    )
    told = shell.run("simulate", str(file))
    assert told.code == 0
    assert told.out.startswith("bot: Good day\n")


@pytest.mark.parametrize(
    ("flow", "said"),
    [
        pytest.param(
            "nothing", "there are: csat, menu, order-followup", id="a flow that there is not"
        ),
        pytest.param("gone.yaml", "gone.yaml", id="a file that there is not"),
    ],
)
def test_simulate_says_what_it_cannot_find(shell: Shell, flow: str, said: str) -> None:
    told = shell.run("simulate", flow)
    assert (told.code, told.out) == (1, "")
    assert said in told.err


ADD = ("operators", "add")
PIPE = "--password-stdin"


def test_an_operator_is_made_listed_disabled_and_enabled(shell: Shell) -> None:
    made = shell.run(*ADD, "anna", "--name", "Anna K", PIPE, stdin="long enough\n")
    assert (made.code, made.out) == (0, "")
    assert shell.run(*ADD, "boris", PIPE, stdin="long enough\n").code == 0
    anna, boris = "anna\tAnna K\tactive\tadmin\toff\n", "boris\tboris\t{}\toperator\toff\n"
    assert shell.run("operators", "list").out == anna + boris.format("active")
    assert shell.run("operators", "disable", "boris").code == 0
    assert shell.run("operators", "list").out == anna + boris.format("disabled")
    assert shell.run("operators", "enable", "boris").code == 0
    assert shell.run("operators", "list").out == anna + boris.format("active")
    changed = shell.run("operators", "password", "anna", PIPE, stdin="another one\n")
    assert (changed.code, changed.out) == (0, "")


def test_roles_are_given_and_the_last_administrator_stays(shell: Shell) -> None:
    assert shell.run(*ADD, "anna", PIPE, stdin="long enough\n").code == 0
    assert shell.run(*ADD, "eve", "--role", "supervisor", PIPE, stdin="long enough\n").code == 0
    for last in (("disable", "anna"), ("role", "anna", "operator")):
        told = shell.run("operators", *last)
        assert told.code == 1
        assert "anna is the last administrator" in told.err
    assert shell.run("operators", "role", "eve", "admin").code == 0
    assert shell.run("operators", "role", "anna", "operator").code == 0
    roles = [line.split("\t")[3] for line in shell.run("operators", "list").out.splitlines()]
    assert roles == ["operator", "admin"]
    assert "a role is one of admin" in shell.run("operators", "role", "anna", "god").err


def test_what_the_command_line_did_stands_in_the_audit_log(shell: Shell) -> None:
    shell.run(*ADD, "anna", PIPE, stdin="long enough\n")
    for act in (("reset-second-factor", "anna"), ("password", "anna", PIPE)):
        told = shell.run("operators", *act, stdin="another one\n")
        assert (told.code, told.out) == (0, "")
    engine = create_engine(f"sqlite:///{shell.folder / 'var' / 'parley.db'}")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, act FROM acts ORDER BY id")).all()
    engine.dispose()
    acts = ("operator_added", "second_factor_reset", "password_changed")
    assert [tuple(row) for row in rows] == [("parley", act) for act in acts]


@pytest.mark.parametrize(
    "command", [["disable"], ["enable"], ["role", "admin"], ["reset-second-factor"]]
)
def test_nobody_of_that_login_is_said_so(shell: Shell, command: list[str]) -> None:
    told = shell.run("operators", command[0], "nobody", *command[1:])
    assert told.code == 1
    assert "there is no operator 'nobody'" in told.err


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        pytest.param(["anna", PIPE], "short\n", "10 to 1024", id="a short password"),
        pytest.param(["anna", PIPE], "", "10 to 1024", id="no password"),
        pytest.param(["anna", PIPE], "password123\n", "guessed first", id="a usual password"),
        pytest.param(["anna.petrova", PIPE], "anna.petrova\n", "the login", id="the login"),
        pytest.param(["an na", PIPE], "long enough\n", "no spaces", id="bad login"),
        pytest.param(["anna", "--role", "god", PIPE], "long enough\n", "a role is", id="bad role"),
        pytest.param(["anna"], "", "--password-stdin", id="nobody to ask"),
    ],
)
def test_an_operator_is_not_half_made(
    shell: Shell, arguments: list[str], stdin: str, said: str
) -> None:
    told = shell.run("operators", "add", *arguments, stdin=stdin)
    assert told.code == 1
    assert said in told.err
    assert shell.run("operators", "list").out == ""


def test_a_login_is_taken_once(shell: Shell) -> None:
    add = ("operators", "add", "anna", "--password-stdin")
    assert shell.run(*add, stdin="long enough\n").code == 0
    told = shell.run(*add, stdin="another one\n")
    assert told.code == 1
    assert "already" in told.err


def test_a_key_is_printed_once_and_only_its_digest_is_stored(shell: Shell) -> None:
    told = shell.run("keys", "create", "--scope", "links", "--scope", "events", "--name", "crm")
    assert told.code == 0
    key = told.out.strip()
    assert key.startswith("parley_")
    assert " " not in key
    assert key not in told.err
    listed = shell.run("keys", "list")
    assert listed.out.split("\t")[1:4] == ["crm", "events,links", "*"]
    assert key.encode() not in (shell.folder / "var" / "parley.db").read_bytes()
    assert shell.run("keys", "revoke", "crm").code == 0
    assert shell.run("keys", "list").out.endswith("revoked\n")
    assert shell.run("keys", "revoke", "crm").code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["--name", "a", "--scope", "root"], 1, "admin", id="no such scope"),
        pytest.param(
            ["--name", "a", "--scope", "read", "--site", "x"], 1, "no site 'x'", id="no such site"
        ),
        pytest.param(["--name", "a"], 2, "--scope", id="nothing allowed"),
    ],
)
def test_a_key_for_nothing_is_not_made(
    shell: Shell, arguments: list[str], code: int, said: str
) -> None:
    told = shell.run("keys", "create", *arguments)
    assert (told.code, told.out) == (code, "")
    assert said in told.err


def _reject(shell: Shell, body: bytes) -> None:
    """As the intake leaves what it could not take."""
    assert shell.run("db", "upgrade").code == 0
    engine = create_engine(f"sqlite:///{shell.folder / 'var' / 'parley.db'}")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO rejected (id, account, key, body, error, at) "
                "VALUES (41, 'shop-tg', '900', :body, 'KeyError: x.py:1 f', :at)"
            ),
            {"body": body, "at": datetime(2026, 11, 22, tzinfo=UTC).isoformat(" ")[:19]},
        )
    engine.dispose()


_UPDATE = {
    "update_id": 900,
    "message": {
        "message_id": 5,
        "date": 1_795_000_000,
        "from": {"id": 5550001, "is_bot": False, "first_name": "Anna", "language_code": "en"},
        "chat": {"id": 5550001, "type": "private", "first_name": "Anna"},
        "text": "where is my parcel?",
    },
}


def test_a_rejected_event_is_shown_and_taken_once(shell: Shell) -> None:
    _reject(shell, json.dumps(_UPDATE).encode())
    assert shell.run("rejected", "list").out.split("\t")[0::2] == [
        "41",
        "shop-tg",
        "KeyError: x.py:1 f\n",
    ]
    assert json.loads(shell.run("rejected", "show", "41").out) == _UPDATE
    told = shell.run("rejected", "retry", "41")
    assert (told.code, told.err) == (0, "41: taken\n")
    assert shell.run("rejected", "list").out == ""
    engine = create_engine(f"sqlite:///{shell.folder / 'var' / 'parley.db'}")
    with engine.connect() as connection:
        said = connection.execute(text("SELECT content FROM messages WHERE direction = 'in'"))
        assert "where is my parcel?" in said.scalar_one()
    engine.dispose()
    again = shell.run("rejected", "retry", "41")
    assert again.code == 1
    assert "already" in again.err


def test_what_still_cannot_be_taken_stays_put_aside(shell: Shell) -> None:
    _reject(shell, b"{broken")
    told = shell.run("rejected", "retry", "--all")
    assert told.code == 1
    assert "stay put aside" in told.err
    assert shell.run("rejected", "list").out.startswith("41\t")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["rejected", "retry"], "--all", id="retry of nothing in particular"),
        pytest.param(["rejected", "show", "7"], "under '7'", id="an event that there is not"),
        pytest.param(["rejected", "show", "x" * 50], "rejected list", id="no number"),
        pytest.param(["contacts", "export", "anna"], "no contact's id", id="a name for an id"),
        pytest.param(["contacts", "export", "12"], "no contact 12", id="nobody to export"),
        pytest.param(["contacts", "erase", "12", "--yes"], "no contact 12", id="nobody to erase"),
        pytest.param(["contacts", "erase", "12"], "--yes", id="an erasure nobody confirmed"),
        pytest.param(["operators", "disable", "bob"], "no operator", id="nobody to disable"),
        pytest.param(["webhooks", "status", "shop-vk"], "no account", id="no such account"),
        pytest.param(["connect", "icq"], "telegram", id="no such messenger"),
    ],
)
def test_what_cannot_be_done_is_one_message_and_code_1(
    shell: Shell, arguments: list[str], said: str
) -> None:
    told = shell.run(*arguments)
    assert (told.code, told.out) == (1, "")
    assert said in told.err
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [["token"], ["simulate"], ["check", "--nonsense"], ["nonsense"], ["operators", "add"]],
)
def test_a_mistake_in_the_usage_is_code_2(shell: Shell, arguments: list[str]) -> None:
    told = shell.run(*arguments)
    assert (told.code, told.out) == (2, "")
    assert told.err


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql://parley:mark@127.0.0.1:1/parley", id="no server there"),
        pytest.param("sqlite:////proc/parley.db", id="a folder nobody may write to"),
    ],
)
def test_a_database_that_is_down_is_told_in_words(shell: Shell, url: str) -> None:
    shell.configure(database=url)
    told = shell.process("keys", "list")
    assert (told.code, told.out) == (1, "")
    assert "Traceback" not in told.err
    assert "mark" not in told.err


def test_another_programs_database_is_left_alone(shell: Shell) -> None:
    (shell.folder / "var").mkdir()
    engine = create_engine(f"sqlite:///{shell.folder / 'var' / 'parley.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
    engine.dispose()
    told = shell.run("db", "upgrade")
    assert told.code == 1
    assert "a database of its own" in told.err


def test_an_older_database_is_told_with_the_command_to_run(shell: Shell) -> None:
    assert shell.run("db", "status").code == 0
    engine = create_engine(f"sqlite:///{shell.folder / 'var' / 'parley.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
    engine.dispose()
    told = shell.run("db", "status")
    assert (told.code, told.out) == (1, "")
    assert "from-the-future" in told.err


def test_a_reader_that_leaves_early_is_no_traceback(shell: Shell) -> None:
    command = [sys.executable, "-m", "server", "simulate", "menu", "--config", str(shell.file)]
    environment = {**os.environ, **shell.environment}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as child:
        assert child.stdout is not None
        child.stdout.close()
        _, said = child.communicate(b"help\n" * 200, timeout=60)
    assert b"Traceback" not in said
    assert b"Exception ignored" not in said


def test_a_taken_port_is_told_before_anything_is_loaded(shell: Shell, tmp_path: Path) -> None:
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        listen = f'listen = "127.0.0.1:{port}"\ndatabase ='
        shell.file.write_text(shell.file.read_text().replace("database =", listen, 1))
        told = shell.process("serve")
        demo = subprocess.run(
            [
                sys.executable,
                "-m",
                "server",
                "demo",
                "--port",
                str(port),
                "--folder",
                str(tmp_path),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert (told.code, told.out) == (1, "")
    assert f"port {port} is taken" in told.err
    assert "`listen`" in told.err
    assert demo.returncode == 1
    assert f"make demo PORT={port + 1}" in demo.stderr
    assert "Traceback" not in told.err + demo.stderr
