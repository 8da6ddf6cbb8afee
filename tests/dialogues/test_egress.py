"""Where URLs from outside may lead: nowhere inside, in whatever way an address is written."""

import pytest

from dialogues.egress_rules import Forbidden, check_url


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("127.0.0.1", id="this machine"),
        pytest.param("0.0.0.0", id="any address of this machine"),
        pytest.param("100.64.0.1", id="a provider's own network"),
        pytest.param("169.254.169.254", id="a cloud's metadata"),
        pytest.param("224.0.0.1", id="everybody on the network"),
        pytest.param("[::1]", id="this machine, IPv6"),
        pytest.param("[::]", id="any address of this machine, IPv6"),
        pytest.param("[fd00::1]", id="a private network, IPv6"),
        pytest.param("[::ffff:127.0.0.1]", id="IPv4-mapped"),
        pytest.param("[::127.0.0.1]", id="IPv4-compatible"),
        pytest.param("[::a9fe:a9fe]", id="IPv4-compatible, of a cloud's metadata"),
        pytest.param("[64:ff9b::7f00:1]", id="through NAT64 to this machine"),
        pytest.param("[64:ff9b::a9fe:a9fe]", id="through NAT64 to a cloud's metadata"),
        pytest.param("[2002:7f00:1::]", id="6to4 to this machine"),
        pytest.param("[2002:a00:1::1]", id="6to4 to a private network"),
        pytest.param("[2001:0:808:808::f5ff:fffe]", id="Teredo to a client in a private network"),
        pytest.param("[2001:0:a00:1::f7f7:f7f7]", id="Teredo by a server in a private network"),
    ],
)
def test_an_address_inside_is_forbidden(host: str) -> None:
    with pytest.raises(Forbidden, match="inside our own network"):
        check_url(f"http://{host}/", ())


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("8.8.8.8", id="IPv4"),
        pytest.param("[2a00:1450:4010::1]", id="IPv6"),
        pytest.param("[::ffff:8.8.8.8]", id="IPv4-mapped"),
        pytest.param("[64:ff9b::808:808]", id="through NAT64, as networks without IPv4 reach all"),
        pytest.param("[2002:808:808::1]", id="6to4"),
    ],
)
def test_an_address_outside_is_allowed(host: str) -> None:
    assert check_url(f"http://{host}/", ()).scheme == "http"


def test_an_address_inside_that_is_named_is_allowed() -> None:
    assert check_url("http://127.0.0.1:9/", ["127.0.0.1"]).host == "127.0.0.1"
