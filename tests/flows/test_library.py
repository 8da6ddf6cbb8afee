"""The flows that come with Parley."""

from collections import deque

import pytest

from core.content import PressButton
from core.ids import TopicId
from core.topics import Subscription, SubscriptionState
from flows.check import check
from flows.effects import Report, Say, Subscribe
from flows.engine import advance
from flows.happenings import Chosen, Entered, Happening, Trigger
from flows.library_files import builtin
from flows.load import load
from flows.menu import menu
from flows.session import Session, SessionState
from flows.simulate import Person, begin
from flows.start import choose, matching
from tests.flows.world import LINKS, NOW, ORDER, PROMO, TOPICS, WORLD, facts, session

LIBRARY = {str(flow.name): flow for flow in (load(source, name) for name, source in builtin())}


def test_nothing_is_wrong_with_the_library() -> None:
    assert check(list(LIBRARY.values()), WORLD) == ()


def test_the_library_has_its_six_flows() -> None:
    assert set(LIBRARY) == {
        "welcome", "order-followup", "preferences", "menu", "return-offer", "csat",
    }  # fmt: skip


def test_every_flow_of_the_library_speaks_english_and_russian() -> None:
    assert {flow.languages for flow in LIBRARY.values()} == {("en", "ru")}


def test_the_menu_has_four_words() -> None:
    assert [word.command for word in menu(LIBRARY.values())] == [
        "help",
        "orders",
        "person",
        "settings",
    ]


@pytest.mark.parametrize(
    ("trigger", "changes", "name"),
    [
        pytest.param(Trigger.SUBSCRIBED, {}, "order-followup", id="with an order"),
        pytest.param(Trigger.SUBSCRIBED, {"order": None}, "welcome", id="with a link alone"),
        pytest.param(Trigger.STARTED, {"order": None}, "welcome", id="without anything"),
    ],
)
def test_one_flow_greets(trigger: Trigger, changes: dict[str, None], name: str) -> None:
    assert choose(LIBRARY.values(), trigger, facts(**changes)) is LIBRARY[name]


def test_a_delivery_concerns_the_order_and_only_with_consent_the_offer() -> None:
    def started(*topics: TopicId) -> list[str]:
        known = facts(subscriptions=_subscribed(*topics))
        found = matching(LIBRARY.values(), Trigger.EVENT, known, event_name="order.delivered")
        return [flow.name for flow in found]

    assert started() == ["order-followup"]
    assert started(PROMO) == ["order-followup", "return-offer"]


def _subscribed(*topics: TopicId) -> dict[TopicId, Subscription]:
    return {topic: Subscription(topic, SubscriptionState.SUBSCRIBED, NOW) for topic in topics}


@pytest.mark.parametrize("name", ["welcome", "preferences"])
@pytest.mark.parametrize("locale", ["en", "ru"])
def test_marketing_begins_only_with_a_yes_under_the_words_of_consent(
    name: str, locale: str
) -> None:
    """Every way of pressing buttons, five deep."""
    flow = LIBRARY[name]
    known = facts(flow, locale=locale)
    consent = TOPICS[PROMO].consent
    assert consent is not None
    ways: deque[tuple[Session, Happening, str]] = deque()
    ways.append((session(flow), Entered(Trigger.STARTED), ""))
    subscribed = 0
    while ways:
        before, happening, question = ways.popleft()
        turn = advance(flow, before, happening, known, now=NOW)
        assert not any(isinstance(effect, Report) for effect in turn.effects)
        for effect in turn.effects:
            if isinstance(effect, Subscribe) and effect.topic == PROMO:
                subscribed += 1
                assert isinstance(happening, Chosen)
                assert before.options[happening.option].key == "yes"
                assert consent[locale] in question
                assert effect.words == consent[locale]
        after = turn.session
        if after.state is SessionState.ASKING and after.generation < 5:
            shown = [effect.content for effect in turn.effects if isinstance(effect, Say)][-1]
            presses = [button for button in shown.buttons if isinstance(button, PressButton)]
            assert len(presses) == len(after.options)
            ways.extend(
                (after, Chosen(after.generation, option), shown.text)
                for option in range(len(after.options))
            )
    assert subscribed > 0


TALKS = [
    pytest.param(
        "csat",
        Person("Anna", "en"),
        ["3", "Answer sooner"],
        """\
bot: How did we help you, from 1 to 5? 5 is best.
  [1: 1] [2: 2] [3: 3] [4: 4] [5: 5]
> 3
(emit conversation.rated {"rating": 3})
bot: Thank you. What should we do better?
> Answer sooner
(emit conversation.rated {"rating": 3, "comment": "Answer sooner"})
bot: Thank you, I have passed it on.
(end)""",
        id="a middling rating is asked about",
    ),
    pytest.param(
        "csat",
        Person("Anna", "ru"),
        ["/wait 2d", "/close", "1"],
        """\
bot: Как мы вам помогли, от 1 до 5? 5 — лучше всего.
  [1: 1] [2: 2] [3: 3] [4: 4] [5: 5]
> /wait 2d
(end)
(it is 2026-11-24 12:00 now)
> /close
bot: Как мы вам помогли, от 1 до 5? 5 — лучше всего.
  [1: 1] [2: 2] [3: 3] [4: 4] [5: 5]
> 1
(emit conversation.rated {"rating": 1})
bot: Жаль это слышать. Я снова зову человека. Если хотите, расскажите, что пошло не так.
(hand over: Оценка разговора: 1 из 5)
(end)""",
        id="who says nothing is left in peace, and a bad rating brings a person back",
    ),
    pytest.param(
        "order-followup",
        Person("Anna Petrova", "en", order=ORDER),
        ["5"],
        """\
bot: Hello, Anna. This is Example shop.

  Your order **1042** has reached us: paid.
  • Tea set
  • Cup × 2
  Total: 120 EUR

  I will write here when something changes. Write STOP, and I will not.
bot: One question about order 1042: how easy was it to place, from 1 to 5?
  [1: 1] [2: 2] [3: 3] [4: 4] [5: 5]
> 5
(emit order.rated {"order": "r-1", "rating": 5})
bot: Thank you, that is good to hear.
(end)""",
        id="a good rating is thanked for",
    ),
    pytest.param(
        "order-followup",
        Person("", "ru", order=ORDER),
        ["2"],
        """\
bot: Здравствуйте. Это Example shop.

  Ваш заказ **1042** у нас: paid.
  • Tea set
  • Cup × 2
  Итого: 120 EUR

  Напишу сюда, когда что-то изменится. Слово СТОП это отменит.
bot: Один вопрос о заказе 1042: насколько легко было его оформить, от 1 до 5?
  [1: 1] [2: 2] [3: 3] [4: 4] [5: 5]
> 2
(emit order.rated {"order": "r-1", "rating": 2})
bot: Жаль это слышать. Я уже зову человека: вам напишут здесь. Если хотите, расскажите, что пошло не так.
(hand over: Оценка заказа 1042: 2 из 5)
(end)""",  # noqa: E501  # one line of the talk
        id="a bad rating calls a person, and the nameless are greeted well",
    ),
    pytest.param(
        "return-offer",
        Person("Anna", "en", "Europe/Moscow", ORDER),
        ["/wait 8d"],
        """\
(waits until 2026-11-30 08:00)
> /wait 8d
bot [marketing, promo]: Anna, a week ago order 1042 came to you. I hope you enjoy it.

  There is something new in the shop. Have a look, when you have a quiet minute.

  No more offers? Write STOP promo.
  [See what is new → https://shop.example.com]
(end)
(it is 2026-11-30 12:00 now)""",
        id="a week after the delivery, at eleven by the contact's clock",
    ),
    pytest.param(
        "menu",
        Person("Anna", "en", order=ORDER),
        ["my orders", "Operator!"],
        """\
bot: This is what I understand:

  /orders or **my orders** – how your orders stand
  /settings or **settings** – what I write to you about
  /person or **person** – I call somebody who answers here
  **STOP** – I never write again, **START** – I am back

  Anything else you write goes to a person, too.
(end)
> my orders
bot: Your orders:

  • [1042](https://shop.example.com/o/1042): paid, 120 EUR
(end)
> Operator!
bot: I am calling a person. Write your question here meanwhile, they will read it all.
(hand over: Asked for a person)
(end)""",
        id="the menu",
    ),
    pytest.param(
        "preferences",
        Person("Anna", "ru"),
        ["Включить: Дайджест", "Выключить: Дайджест", "готово"],
        """\
bot: Вот о чём я могу вам писать. Нажмите на тему, чтобы включить её или выключить.

  ⬜ Статусы заказов
  ⬜ Акции
  ⬜ Дайджест
  [1: Включить: Статусы заказов] [2: Включить: Акции] [3: Включить: Дайджест] [4: Готово]
> Включить: Дайджест
(subscribe digest)
bot: Сохранено. Вот о чём я могу вам писать. Нажмите на тему, чтобы включить её или выключить.

  ⬜ Статусы заказов
  ⬜ Акции
  ⏳ Дайджест
  [1: Включить: Статусы заказов] [2: Включить: Акции] [3: Выключить: Дайджест] [4: Готово]
> Выключить: Дайджест
(unsubscribe digest)
bot: Сохранено. Вот о чём я могу вам писать. Нажмите на тему, чтобы включить её или выключить.

  ⬜ Статусы заказов
  ⬜ Акции
  ⬜ Дайджест
  [1: Включить: Статусы заказов] [2: Включить: Акции] [3: Включить: Дайджест] [4: Готово]
> готово
bot: Готово. Чтобы вернуться сюда, напишите **настройки**.
(end)""",
        id="settings turn a topic on and off",
    ),
]


@pytest.mark.parametrize(("name", "person", "lines", "talk"), TALKS)
def test_a_talk_with_the_library(name: str, person: Person, lines: list[str], talk: str) -> None:
    flow = LIBRARY[name]
    simulator, heard = begin(flow, LIBRARY.values(), TOPICS, now=NOW, person=person, links=LINKS)
    told = [*heard]
    for line in lines:
        simulator, heard = simulator.hear(line)
        told += [f"> {line}", *heard]
    assert "\n".join(told) == talk


def test_the_offer_is_not_made_to_those_who_left_meanwhile() -> None:
    flow = LIBRARY["return-offer"]
    simulator, _ = begin(flow, [flow], TOPICS, now=NOW, person=Person(order=ORDER))
    simulator = type(simulator)(simulator.flows, facts(flow), simulator.session, simulator.now)
    _, heard = simulator.hear("/wait 8d")
    assert heard == ("(end)", "(it is 2026-11-30 12:00 now)")
