"""`webhooks` of a site: what is refused, and what the server makes of it."""

import tomllib
from pathlib import Path

import pytest

from core.hooks import HookType
from server.config import Config
from server.config_read import BadConfig, parse_config
from server.values import endpoints_of, hooks_of
from tests.server.parley import ACCOUNT, ENVIRONMENT, SHOP

GOOD = 'url = "https://shop.example.com/parley", secret = "${HOOK_SECRET}"'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FILE = Path("/etc/parley/parley.toml")


def parsed(webhook: str, more: str = "") -> Config:
    shop = SHOP.format(database="sqlite:///var/parley.db")
    text = more + shop.replace("[[topics]]", f"webhooks = [{{ {webhook} }}]\n\n[[topics]]", 1)
    environment = {**ENVIRONMENT, "HOOK_SECRET": SECRET}
    return parse_config(tomllib.loads(text + ACCOUNT), FILE, environment)


@pytest.mark.parametrize(
    ("webhook", "place", "said"),
    [
        pytest.param(
            GOOD.replace("https", "http"), "url", "must be https", id="a way that all can read"
        ),
        pytest.param(
            GOOD.replace("shop.example.com", "10.0.0.7"), "url", "inside our own network",
            id="a host inside our network that is not named",
        ),
        pytest.param(
            GOOD.replace("//", "//me:pw@"), "url", "must not hold a password", id="a password"
        ),
        pytest.param(GOOD.replace("${HOOK_SECRET}", "short"), "secret", "openssl", id="short"),
        pytest.param(
            GOOD.replace("${HOOK_SECRET}", "whsec_Zm9v"), "secret", "at least 24", id="short inside"
        ),
        pytest.param(
            GOOD.replace("${HOOK_SECRET}", "whsec_%%%"), "secret", "no base64", id="no base64"
        ),
        pytest.param(GOOD + ", secret_before = 'x'", "secret_before", "24", id="the one before"),
        pytest.param(GOOD + ", events = ['gone']", "events[0]", "'subscribed'", id="no such event"),
        pytest.param(GOOD + ", events = []", "events", "names none", id="no event at all"),
        pytest.param(GOOD + ", events = ['test']", "events", "by hand", id="the test"),
        pytest.param(GOOD + " }, { " + GOOD, "[1].url", "twice", id="the same twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(webhook: str, place: str, said: str) -> None:
    with pytest.raises(BadConfig) as caught:
        parsed(webhook)
    (problem,) = caught.value.problems
    assert problem.place.startswith("sites[0].webhooks[")
    assert problem.place.endswith(place)
    assert said in problem.message
    assert SECRET not in str(caught.value)


def test_an_endpoint_of_the_network_inside_may_be_named() -> None:
    webhook = GOOD.replace("https://shop.example.com", "http://erp.internal")
    config = parsed(webhook, 'egress_allow = ["erp.internal"]\n')
    (endpoint,) = endpoints_of(config)
    assert endpoint.url == "http://erp.internal/parley"
    assert len(endpoint.secrets[0]) == 24
    assert "secret" not in repr(endpoint)


def test_who_wants_what_is_known_to_those_who_decide() -> None:
    config = parsed(
        GOOD + ", events = ['unsubscribed'], secret_before = 'a secret of long ago 123'"
    )
    hooks = hooks_of(config)
    assert hooks.wants(HookType.UNSUBSCRIBED)
    assert not hooks.wants(HookType.MESSAGE_STATUS)
    assert [len(one.secrets) for one in endpoints_of(config)] == [2]
    ((site, target),) = hooks.of(None, HookType.UNSUBSCRIBED)
    assert (site, target.key) == ("shop", endpoints_of(config)[0].key)
