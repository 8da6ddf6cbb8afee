"""The documents tell the truth: every setting, every link, every example that can be checked."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from core.ids import SiteId
from server import config
from server.__main__ import app
from server.clock import utc_now
from server.config_read import parse_config
from subscriptions.keyring import Keyring, SiteKey
from subscriptions.tokens import verify
from tests.server.parley import SERVER_SECRET, SHOP_SECRET

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
ENVIRONMENT = {
    "PARLEY_SECRET": SERVER_SECRET,
    "SHOP_SECRET": SHOP_SECRET,
    "TG_TOKEN": "700:token",
    "TG_WEBHOOK_SECRET": "webhook",
}


def _anchor(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_another_page_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.M)
            assert anchor in map(_anchor, headings), target


def _documented(heading: str) -> set[str]:
    """The settings in the table below a heading."""
    section = re.split(r"^#+ ", CONFIGURATION, flags=re.M)
    [table] = [part for part in section if part.startswith(f"{heading}\n")]
    names = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", table, re.M)
    return {name for row in names for name in re.findall(r"\w+", row)}


def _settings(kind: Any) -> set[str]:
    """The names of a dataclass's settings, as the file has them."""
    aliases = {"cls": "class", "sender": "from"}
    return {aliases.get(one.name, one.name) for one in fields(kind)} - {"folder"}


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("At the top of the file", config.Config),
        ("`[inbox]`", config.InboxConfig),
        ("`[mail]`", config.MailConfig),
        ("`[[sites]]`", config.SiteConfig),
        ("`keys`", config.SiteKeyConfig),
        ("`webhooks`", config.WebhookConfig),
        ("`[[topics]]`", config.TopicConfig),
    ],
)
def test_every_setting_is_documented_and_every_documented_one_exists(
    heading: str, kind: Any
) -> None:
    assert _documented(heading) == _settings(kind)


def test_every_setting_of_an_account_is_documented() -> None:
    kinds = (config.TelegramConfig, config.VkConfig, config.ViberConfig, config.MaxConfig)
    assert _documented("`[[accounts]]`") == set().union(*map(_settings, kinds))


@pytest.mark.parametrize("page", ["docs/configuration.md", "README.md"])
def test_the_examples_of_a_configuration_are_sound(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    examples = re.findall(r"^```toml\n(.*?)^```", text, re.M | re.S)
    assert examples
    for example in examples:
        parse_config(tomllib.loads(example), ROOT / page, ENVIRONMENT)


def _commands() -> set[str]:
    known: set[str] = set()
    top: Any = get_command(app)
    for name, command in top.commands.items():
        known.add(name)
        known |= {f"{name} {inner}" for inner in getattr(command, "commands", {})}
    return known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    known = _commands()
    groups = {name.partition(" ")[0] for name in known if " " in name}
    text = page.read_text(encoding="utf-8")
    for first, second in re.findall(
        r"(?:^    |`|/)parley ([a-z]+)(?: ([a-z][a-z-]*))?", text, re.M
    ):
        assert first in known, f"parley {first}"
        if first in groups and second:
            assert f"{first} {second}" in known, f"parley {first} {second}"


def test_every_command_is_named_on_some_page() -> None:
    text = " ".join(page.read_text(encoding="utf-8") for page in PAGES)
    for command in _commands():
        last = command.rpartition(" ")[2]
        assert re.search(rf"\b{command}\b|`{last}\b", text), command


def test_the_python_example_signs_a_token_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    monkeypatch.setenv("SHOP_SECRET", SHOP_SECRET)
    made: dict[str, Any] = {}
    exec(example, made)  # noqa: S102  # The page's own text.
    shop = SiteId("shop")
    keyring = Keyring({shop: {"1": SiteKey("1", "HS256", SHOP_SECRET)}})
    claims = verify(made["token"], keyring, utc_now())
    assert (claims.site, claims.customer) == (shop, "7")
    assert claims.order is not None
    assert claims.order.number == "1042"
