"""parley connect and parley webhooks, against a Bot API double over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.config_read import read_config
from tests.journeys.servers import Process, sandbox
from tests.server.parley import BOT_TOKEN, ENVIRONMENT, Shell, Told


@pytest.fixture
async def double(tmp_path: Path) -> AsyncIterator[Process]:
    async with sandbox(tmp_path) as process:
        yield process


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.configure(more="")
    return shell


async def run(shell: Shell, *arguments: str, stdin: str = "") -> Told:
    """The command has a loop of its own."""
    return await asyncio.to_thread(shell.run, *arguments, stdin=stdin)


async def connect(shell: Shell, double: Process, *more: str, stdin: str = "") -> Told:
    url = f"{double.url}/telegram"
    return await run(shell, "connect", "telegram", "--api-url", url, *more, stdin=stdin)


async def test_an_account_is_checked_written_and_set_up(shell: Shell, double: Process) -> None:
    before = shell.file.read_text()
    told = await connect(shell, double, "--token-env", "BOT_TOKEN")
    assert (told.code, told.out) == (0, "")
    assert "@shop_bot" in told.err
    assert "/help" in told.err
    after = shell.file.read_text()
    assert after.startswith(before.rstrip())
    assert 'token = "${BOT_TOKEN}"' in after
    assert BOT_TOKEN not in after
    account = read_config(shell.file, ENVIRONMENT).accounts[0]
    assert account.username == "shop_bot"
    assert account.webhook_secret is not None
    status = await run(shell, "webhooks", "status")
    url = "https://chat.example.com/webhooks/telegram"
    assert (status.code, status.out) == (0, f"telegram\t{url}\t0\tok\n")


async def test_a_piped_token_is_written_as_it_is_and_never_shown(
    shell: Shell, double: Process
) -> None:
    told = await connect(shell, double, stdin=f"{BOT_TOKEN}\n")
    assert told.code == 0
    assert BOT_TOKEN not in told.out + told.err
    assert f'token = "{BOT_TOKEN}"' in shell.file.read_text()


async def test_connecting_again_changes_the_account_and_keeps_what_people_wrote(
    shell: Shell, double: Process
) -> None:
    await connect(shell, double, stdin=f"{BOT_TOKEN}\n")
    text = shell.file.read_text().replace('id = "telegram"', 'id = "telegram"  # the main bot')
    shell.file.write_text(text)
    told = await connect(shell, double, "--token-env", "BOT_TOKEN")
    assert told.code == 0
    expected = text.replace(f'"{BOT_TOKEN}"', '"${BOT_TOKEN}"')
    assert shell.file.read_text() == expected


async def test_one_bot_is_not_connected_as_two_accounts(shell: Shell, double: Process) -> None:
    await connect(shell, double, "--token-env", "BOT_TOKEN")
    before = shell.file.read_text()
    told = await connect(shell, double, "--token-env", "BOT_TOKEN", "--account", "second")
    assert told.code == 1
    assert "'telegram' already" in told.err
    assert shell.file.read_text() == before


async def test_polling_needs_no_webhook(shell: Shell, double: Process) -> None:
    told = await connect(shell, double, "--token-env", "BOT_TOKEN", "--polling")
    assert told.code == 0
    assert 'receive = "polling"' in shell.file.read_text()
    assert "webhook_secret" not in shell.file.read_text()
    assert (await run(shell, "webhooks", "status")).out == "telegram\t-\t0\tok\n"


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        pytest.param("700100200:AAwrong\n", "does not know this token", id="a wrong token"),
        pytest.param("nonsense\n", "looks like", id="no token at all"),
        pytest.param("", "nothing was given", id="nothing typed"),
    ],
)
async def test_a_token_that_is_not_good_changes_nothing(
    shell: Shell, double: Process, stdin: str, said: str
) -> None:
    before = shell.file.read_text()
    told = await connect(shell, double, stdin=stdin)
    assert (told.code, told.out) == (1, "")
    assert said in told.err
    assert shell.file.read_text() == before


async def test_a_variable_that_is_not_set_is_told(shell: Shell, double: Process) -> None:
    told = await connect(shell, double, "--token-env", "PARLEY_TEST_NOWHERE")
    assert told.code == 1
    assert "PARLEY_TEST_NOWHERE is not set" in told.err


async def test_what_the_configuration_lacks_is_told_before_it_is_written(
    shell: Shell, double: Process
) -> None:
    shell.environment["SHOP_SECRET"] = ""
    before = shell.file.read_text()
    told = await connect(shell, double, "--token-env", "BOT_TOKEN")
    assert told.code == 1
    assert "SHOP_SECRET is not set" in told.err
    assert shell.file.read_text() == before


async def test_a_webhook_at_another_place_is_told_with_code_1(
    shell: Shell, double: Process
) -> None:
    await connect(shell, double, "--token-env", "BOT_TOKEN")
    shell.file.write_text(shell.file.read_text().replace("chat.example", "talk.example"))
    told = await run(shell, "webhooks", "status")
    assert told.code == 1
    assert "parley webhooks set" in told.out
    assert (await run(shell, "webhooks", "set")).code == 0
    assert (await run(shell, "webhooks", "status")).code == 0


async def test_a_platform_that_does_not_answer_is_told_in_words(
    shell: Shell, double: Process
) -> None:
    await connect(shell, double, "--token-env", "BOT_TOKEN")
    double.kill()
    told = await run(shell, "webhooks", "set")
    assert (told.code, told.out) == (1, "")
    assert "no connection to Telegram" in told.err
