"""check(): what is wrong with flows that load."""

from dataclasses import replace

import pytest

from core.channels import Channel
from flows.check import check
from flows.load import load
from flows.problems import Severity
from tests.flows.world import WORLD

HEAD = "flow: {name}\ntitle: {{en: A, ru: А}}\n"
NINE = ", ".join(f"k{number}: {number}" for number in range(9))
BOTH = "{en: Hello, ru: Привет}"


def found(*sources: str) -> list[str]:
    """Severity (where it is no error), line, key and message of every problem."""
    flows = [load(source, f"{index}.yaml") for index, source in enumerate(sources)]
    return [
        ("warning " if problem.severity is Severity.WARNING else "")
        + f"{problem.line} {problem.key}: {problem.message}"
        for problem in check(flows, WORLD)
    ]


def flow(body: str, name: str = "a") -> str:
    """A flow whose body begins in line 3."""
    return HEAD.format(name=name) + body


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(
            f"steps:\n  a: {{say: {BOTH}}}\n  b: {{say: {BOTH}}}\n",
            "5 steps.b: no step leads here",
            id="a step that no way leads to",
        ),
        pytest.param(
            "steps:\n  a: {tag: x, next: b}\n  b: {branch: [{if: order, to: a}]}\n",
            "4 steps.a: a circle that never asks nor waits: a → b → a",
            id="a circle without rest, with its way",
        ),
        pytest.param(
            "steps:\n  a: {run: b}\n",
            "4 steps.a.run: there is no flow `b`",
            id="a flow that is not there",
        ),
        pytest.param(
            "steps:\n  a: {run: a}\n",
            "3 steps: flows run one another in a circle: a → a",
            id="a flow that runs itself",
        ),
        pytest.param(
            f"topic: news\nsteps:\n  a: {{say: {BOTH}}}\n",
            "3 topic: there is no topic `news`; configured: digest, orders, promo",
            id="a topic that is not configured",
        ),
        pytest.param(
            "steps:\n  a: {subscribe: news}\n",
            "4 steps.a.subscribe: there is no topic `news`; configured: digest, orders, promo",
            id="a topic to subscribe that is not configured",
        ),
        pytest.param(
            "steps:\n  a: {subscribe: promo}\n",
            "warning 4 steps.a.subscribe: the flow never shows the topic's words: "
            "(topics | find('…')).consent",
            id="a consent to words that were not shown",
        ),
        pytest.param(
            "steps:\n  a: {wait: 1h}\n",
            "4 steps.a.wait: a wait speaks without being spoken to, so the flow needs a `topic`",
            id="a wait without a topic",
        ),
        pytest.param(
            "enter: [{on: event, name: e}]\nsteps:\n  a: {tag: x}\n",
            "3 enter[0]: an event speaks without being spoken to, so the flow needs a `topic`",
            id="an event without a topic",
        ),
        pytest.param(
            f"steps:\n  a: {{ask: {BOTH}, timeout: {{after: 1h, next: b}}}}\n"
            f"  b: {{tag: x, next: c}}\n  c: {{say: {BOTH}}}\n",
            "4 steps.a.timeout: a timeout speaks without being spoken to, "
            "so the flow needs a `topic`",
            id="a timeout without a topic",
        ),
        pytest.param(
            "steps:\n  a: {say: {en: 'Hi {{ ratign }}', ru: Привет}}\n",
            "4 steps.a.say.en: nothing gives `ratign` a value",
            id="a name that nothing gives a value",
        ),
        pytest.param(
            "steps:\n  a: {branch: [{if: contct.vip, to: b}]}\n  b: {tag: x}\n",
            "4 steps.a.branch[0].if: nothing gives `contct` a value; did you mean `contact`?",
            id="such a name in a condition, with a hint",
        ),
        pytest.param(
            "steps:\n  a: {say: {en: '{{ order.nummer }}', ru: Привет}}\n",
            "4 steps.a.say.en: `order` has no `nummer`; it has currency, items, number, ref, "
            "status, total, url",
            id="a field that orders do not have",
        ),
        pytest.param(
            "steps:\n  a: {say: {en: Hello}}\n",
            "4 steps.a.say: no text in: ru",
            id="a language that is missing",
        ),
        pytest.param(
            "steps:\n  a: {say: Hello there}\n",
            "warning 4 steps.a.say: the same words in every language; write en, ru",
            id="words that are the same in every language",
        ),
        pytest.param(
            "steps:\n  a: {say: {en: 'Hi {{ contact.first_name }}!', ru: Привет}}\n",
            "4 steps.a.say.en: not everybody has a `contact.first_name`: "
            "write {{ contact.first_name or '…' }}, or ask with if",
            id="a greeting for the nameless",
        ),
        pytest.param(
            "steps:\n  a: {say: {en: \"{{ 'a' if order else contact.name }}\", ru: Привет}}\n",
            "4 steps.a.say.en: not everybody has a `contact.name`: "
            "write {{ contact.name or '…' }}, or ask with if",
            id="a name that another condition does not vouch for",
        ),
        pytest.param(
            f"steps:\n  a: {{ask: {BOTH}, choices: {{x: '{'1' * 31}'}}}}\n",
            "4 steps.a.choices.x: 31 characters; a button in telegram shows 30",
            id="a label that a messenger cannot show",
        ),
        pytest.param(
            f"steps:\n  a: {{ask: {BOTH}, choices: {{{NINE}}}}}\n",
            "warning 4 steps.a: 9 buttons; telegram shows 8, so they would become a numbered list",
            id="too many buttons",
        ),
        pytest.param(
            f"steps:\n  a: {{say: '{'1' * 4097}'}}\n",
            "warning 4 steps.a.say: 4097 characters; a message in telegram holds 4096, "
            "so it would be cut in parts",
            id="a text that is too long",
        ),
        pytest.param(
            f"steps:\n  a: {{say: '{'1' * 1025}', photo: 'https://a.example/b.jpg'}}\n",
            "warning 4 steps.a.say: 1025 characters; a caption in telegram holds 1024, "
            "so it would be cut in parts",
            id="a caption that is too long",
        ),
        pytest.param(
            f"steps:\n  a: {{ask: {BOTH}, choices: {{x: {{en: Cancel, ru: Отмена}}}}}}\n",
            "4 steps.a.choices.x: `Cancel`, typed, would be taken for STOP or START; "
            "choose another word",
            id="a label that is a word of consent",
        ),
        pytest.param(
            f"enter: [{{on: keyword, words: [Отписка]}}]\nsteps:\n  a: {{say: {BOTH}}}\n",
            "3 enter[0].words: `отписка` means STOP or START everywhere and never reaches a flow",
            id="a keyword that is a word of consent",
        ),
        pytest.param(
            f"enter: [{{on: keyword, command: stop}}]\nsteps:\n  a: {{say: {BOTH}}}\n",
            "3 enter[0].words: `stop` means STOP or START everywhere and never reaches a flow",
            id="a command that is a word of consent",
        ),
        pytest.param(
            f"enter: [{{on: keyword}}]\nsteps:\n  a: {{say: {BOTH}}}\n",
            "3 enter[0]: a keyword without words and without a command",
            id="a keyword without words",
        ),
        pytest.param(
            f"enter: [{{on: subscribed, if: now.hour}}]\nsteps:\n  a: {{say: {BOTH}}}\n",
            "3 enter[0].if: nothing gives `now` a value",
            id="the time before a flow has begun",
        ),
        pytest.param(
            "steps:\n  a: {say: {en: '[x](https://{{ contact.site }}/)', ru: Привет}}\n",
            "4 steps.a.say.en: a contact's value must not decide where a URL leads; "
            "write the host, or use links",
            id="a contact's value as the host of a link",
        ),
    ],
)
def test_a_problem_is_found(body: str, problem: str) -> None:
    assert found(flow(body)) == [problem]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{ contact.first_name or 'friend' }}", id="or"),
        pytest.param("{{ contact.first_name | default('friend', true) }}", id="default"),
        pytest.param("{{ contact.first_name if contact.first_name else 'friend' }}", id="if else"),
        pytest.param("{{ ', ' ~ contact.first_name if contact.first_name }}", id="inline if"),
        pytest.param("{% if contact.first_name %}{{ contact.first_name }}{% endif %}", id="if"),
        pytest.param("{{ contact.size }}", id="an attribute is no name"),
        pytest.param("{% if contact.name == 'Anna' %}1{% endif %}", id="a comparison shows none"),
    ],
)
def test_a_name_with_a_way_out_is_fine(text: str) -> None:
    assert found(flow(f'steps:\n  a: {{say: {{en: "{text}", ru: Привет}}}}\n')) == []


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://shop.example.com/?name={{ contact.name or '' }}", id="in the query"),
        pytest.param("{{ order.url }}", id="the shop's own URL"),
        pytest.param("{{ links.site or order.url }}/x/{{ rating }}", id="after a configured link"),
        pytest.param("{{ event.data.url }}", id="what the shop told"),
        pytest.param(
            "https://shop.example.com/{% if order %}o/{{ order.ref }}{% endif %}", id="in a branch"
        ),
    ],
)
def test_a_url_whose_host_is_not_the_contacts_is_fine(url: str) -> None:
    step = f'say: {BOTH}, buttons: [{{label: "1", url: "{url}"}}]'
    assert found(flow(f"steps:\n  s: {{set: {{rating: 1}}, next: a}}\n  a: {{{step}}}\n")) == []


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("{{ contact.site }}", id="the whole URL"),
        pytest.param("https://{{ rating }}", id="the host"),
        pytest.param("https://shop.example.com{{ rating }}", id="the end of the host"),
        pytest.param("{{ links.site }}{{ rating }}", id="the end of a configured host"),
        pytest.param("{{ links.site or rating }}", id="instead of a configured link"),
        pytest.param("{% set order = contact %}{{ order.url }}", id="under a trusted name"),
        pytest.param("{% for order in rating %}{{ order.url }}{% endfor %}", id="in a loop"),
        pytest.param("javascript:alert(1)", id="another scheme"),
        pytest.param("https://user@evil.example/", id="a user's name that looks like a host"),
    ],
)
def test_a_url_that_a_contact_could_lead_astray_is_refused(url: str) -> None:
    source = flow(f'steps:\n  a:\n    say: {BOTH}\n    buttons: [{{label: "1", url: "{url}"}}]\n')
    with pytest.raises(ValueError, match=r"steps\.a\.buttons"):
        load(source)


def test_flows_do_not_share_a_name_or_a_keyword() -> None:
    enter = "enter: [{on: keyword, words: {en: [Help me!], ru: [помоги]}}]\n"
    one = flow(f"{enter}steps:\n  a: {{say: {BOTH}}}\n")
    other = flow(f"{enter}steps:\n  a: {{say: {BOTH}}}\n", "b")
    assert found(one, one) == ["1 flow: the flow `a` stands in 0.yaml too"] + [
        f"3 enter[0].words: the word `{word}` also starts `a`; "
        "give one of the two another `priority`"
        for word in ("help me", "помоги")
    ]
    assert len(found(one, other)) == 2
    assert found(one, other.replace("enter:", "priority: 1\nenter:")) == []


def test_a_long_circle_of_runs_is_found_once() -> None:
    flows = [flow(f"steps:\n  s: {{run: {after}}}\n", name) for name, after in ("ab", "bc", "ca")]
    assert found(*flows) == ["3 steps: flows run one another in a circle: a → b → c → a"]


def test_a_circle_that_asks_is_fine() -> None:
    assert found(flow(f"steps:\n  a: {{ask: {BOTH}, next: a}}\n")) == []


def test_giving_up_in_silence_needs_no_topic() -> None:
    silent = f"steps:\n  a: {{ask: {BOTH}, timeout: {{after: 1h, next: b}}}}\n  b: {{tag: x}}\n"
    assert found(flow(silent)) == []


def test_a_message_that_would_subscribe_is_found_and_one_that_asks_first_is_fine() -> None:
    entered = "enter: [{on: message}]\n"
    steps = f"steps:\n  a: {{say: {BOTH}, next: b}}\n  b: {{subscribe: orders}}\n"
    assert found(flow(entered + steps)) == [
        "6 steps.b.subscribe: enter[0], any message, would subscribe: ask first"
    ]
    asks = f"steps:\n  a: {{ask: {BOTH}, next: b}}\n  b: {{subscribe: orders}}\n"
    assert found(flow(entered + asks)) == []


def test_a_contact_that_a_messenger_vouches_for_nowhere_is_found() -> None:
    asks = flow(f"steps:\n  a: {{ask: {BOTH}, answer: contact}}\n")
    limits = {Channel.VK: replace(WORLD.limits[Channel.TELEGRAM], vouches_for_phones=False)}
    problems = [one.message for one in check([load(asks)], replace(WORLD, limits=limits))]
    assert problems == [
        "vk vouches for nobody's phone, so nobody can answer there; "
        "`answer: phone` takes a typed one too"
    ]
