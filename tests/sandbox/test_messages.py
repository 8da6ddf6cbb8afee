"""Messages through aiogram's real client: shapes, limits, refusals."""

from __future__ import annotations

import pytest
from aiogram import Bot
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)

from tests.sandbox.world import Sandbox


def keyboard(**button: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Yes", **button)]])


async def test_a_text_with_html_and_buttons_arrives_as_the_platform_would_show_it(
    bot: Bot, sandbox: Sandbox
) -> None:
    person = await sandbox.started()
    sent = await bot.send_message(
        person,
        "😀 <b>bold <i>both</i></b> &lt;tag&gt; https://e.example/x",
        parse_mode="HTML",
        reply_markup=keyboard(callback_data="v1:yes:17"),
    )
    assert sent.text == "😀 bold both <tag> https://e.example/x"
    assert sent.chat.id == person > 2**32
    assert sent.message_id == 2
    assert [(e.type, e.offset, e.length) for e in sent.entities or []] == [
        ("bold", 3, 9),
        ("italic", 8, 4),
        ("url", 19, 19),
    ]
    assert sent.html_text.startswith("😀 <b>bold <i>both</i></b> &lt;tag&gt;")
    chat = await sandbox.chat(person)
    assert [message["message_id"] for message in chat["messages"]] == [1, 2]
    assert chat["messages"][1]["reply_markup"]["inline_keyboard"][0][0]["text"] == "Yes"


async def test_message_ids_are_counted_in_each_chat_alone(bot: Bot, sandbox: Sandbox) -> None:
    first, second = await sandbox.started(), await sandbox.started()
    assert (await bot.send_message(first, "a")).message_id == 2
    assert (await bot.send_message(second, "b")).message_id == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("<b>x", 'Can\'t find end tag corresponding to start tag "b"', id="unclosed"),
        pytest.param("<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 0', id="unknown tag"),
        pytest.param("я<b><i>x</b></i>", "Unmatched end tag at byte offset 9", id="bad nesting"),
        pytest.param("x</b>", "Unexpected end tag at byte offset 1", id="end without start"),
        pytest.param("a < b", 'Unsupported start tag "" at byte offset 2', id="a bare less-than"),
        pytest.param("<b", "Unclosed start tag at byte offset 0", id="a tag that never ends"),
        pytest.param("<span>x</span>", 'Tag "span" must have class', id="a span without class"),
    ],
)
async def test_wrong_html_is_refused_with_its_place(
    bot: Bot, sandbox: Sandbox, text: str, words: str
) -> None:
    person = await sandbox.started()
    with pytest.raises(TelegramBadRequest) as refused:
        await bot.send_message(person, text, parse_mode="HTML")
    assert f"can't parse entities: {words}" in refused.value.message


@pytest.mark.parametrize(
    ("text", "parse_mode", "words"),
    [
        pytest.param("", None, "message text is empty", id="no text"),
        pytest.param(" \n ", None, "message text is empty", id="only spaces"),
        pytest.param("<b></b>", "HTML", "message text is empty", id="only tags"),
        pytest.param("x" * 4097, None, "message is too long", id="one character too many"),
        pytest.param("😀" * 2049, None, "message is too long", id="emoji count twice"),
        pytest.param("x" * 40_000, None, "text is too long", id="an absurd length"),
        pytest.param("x", "XML", "unsupported parse_mode", id="an unknown parse mode"),
    ],
)
async def test_a_text_that_no_message_can_hold_is_refused(
    bot: Bot, sandbox: Sandbox, text: str, parse_mode: str | None, words: str
) -> None:
    person = await sandbox.started()
    with pytest.raises(TelegramBadRequest, match=words):
        await bot.send_message(person, text, parse_mode=parse_mode)
    assert len((await sandbox.chat(person))["messages"]) == 1


async def test_a_person_can_send_4096_emoji(sandbox: Sandbox) -> None:
    person = await sandbox.person()
    assert (await sandbox.act(person, "say", text="😀" * 4096))["text"] == "😀" * 4096
    await sandbox.control("POST", f"/people/{person}/say", {"text": "😀" * 4097}, status=409)


async def test_tags_do_not_count_for_the_length_of_a_text(bot: Bot, sandbox: Sandbox) -> None:
    person = await sandbox.started()
    sent = await bot.send_message(person, f"<b>{'x' * 4096}</b>", parse_mode="HTML")
    assert len(sent.text or "") == 4096


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        pytest.param(keyboard(callback_data="я" * 33), "BUTTON_DATA_INVALID", id="66 bytes"),
        pytest.param(keyboard(url="ftp://e.example"), "Unsupported URL protocol", id="ftp"),
        pytest.param(keyboard(url="https://nowhere"), "Wrong HTTP URL", id="a host without a dot"),
        pytest.param(keyboard(), "text buttons are unallowed", id="a button without an action"),
        pytest.param(
            InlineKeyboardMarkup(
                inline_keyboard=[[InlineKeyboardButton(text="x", callback_data="x")]] * 101
            ),
            "reply markup is too long",
            id="101 buttons",
        ),
        pytest.param(
            ReplyKeyboardMarkup(
                keyboard=[[KeyboardButton(text="x")]], input_field_placeholder="x" * 65
            ),
            "input_field_placeholder",
            id="a hint of 65 characters",
        ),
    ],
)
async def test_buttons_beyond_the_limits_are_refused(
    bot: Bot, sandbox: Sandbox, markup: InlineKeyboardMarkup | ReplyKeyboardMarkup, words: str
) -> None:
    person = await sandbox.started()
    with pytest.raises(TelegramBadRequest, match=words):
        await bot.send_message(person, "Choose", reply_markup=markup)


async def test_a_button_value_of_64_bytes_and_a_local_address_are_accepted(
    bot: Bot, sandbox: Sandbox
) -> None:
    person = await sandbox.started()
    await bot.send_message(person, "a", reply_markup=keyboard(callback_data="я" * 32))
    await bot.send_message(person, "b", reply_markup=keyboard(url="http://127.0.0.1:8080/x"))


async def test_whom_a_bot_cannot_write_to_is_said_in_the_platforms_words(
    bot: Bot, sandbox: Sandbox
) -> None:
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(12345, "x")
    person = await sandbox.person()
    with pytest.raises(TelegramForbiddenError, match="bot can't initiate conversation with a user"):
        await bot.send_message(person, "x")
    await sandbox.act(person, "say", text="hello")
    await bot.send_message(person, "x")
    await sandbox.act(person, "block")
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(person, "x")
    await sandbox.act(person, "unblock")
    await bot.send_message(person, "x")
    await sandbox.act(person, "deactivate")
    with pytest.raises(TelegramForbiddenError, match="user is deactivated"):
        await bot.send_message(person, "x")


async def test_a_wrong_token_is_401_and_a_malformed_one_or_an_unknown_method_404(
    sandbox: Sandbox, bot: Bot
) -> None:
    wrong = Bot("700:another-token", session=bot.session)
    with pytest.raises(TelegramUnauthorizedError):
        await wrong.get_me()
    assert (await sandbox.raw("getMe", token="nonsense"))[0] == 404
    status, answer = await sandbox.raw("launchRocket")
    assert (status, answer["ok"], answer["error_code"]) == (404, False, 404)
    with pytest.raises(TelegramNotFound):
        await bot.get_managed_bot_token(user_id=1)


async def test_a_text_and_its_buttons_can_be_edited_but_not_to_the_same(
    bot: Bot, sandbox: Sandbox
) -> None:
    person = await sandbox.started()
    sent = await bot.send_message(person, "Choose", reply_markup=keyboard(callback_data="a"))
    edited = await bot.edit_message_text("Thank you", chat_id=person, message_id=sent.message_id)
    assert edited is not True
    assert (edited.text, edited.reply_markup) == ("Thank you", None)
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_text("Thank you", chat_id=person, message_id=sent.message_id)
    with pytest.raises(TelegramBadRequest, match="message to edit not found"):
        await bot.edit_message_text("x", chat_id=person, message_id=99)
    with pytest.raises(TelegramBadRequest, match="message can't be edited"):
        await bot.edit_message_text("x", chat_id=person, message_id=1)
    await bot.edit_message_reply_markup(
        chat_id=person, message_id=sent.message_id, reply_markup=keyboard(callback_data="b")
    )
    await bot.delete_message(person, sent.message_id)
    with pytest.raises(TelegramBadRequest, match="message to delete not found"):
        await bot.delete_message(person, sent.message_id)


async def test_a_reply_quotes_its_message_or_is_refused(bot: Bot, sandbox: Sandbox) -> None:
    person = await sandbox.started()
    sent = await bot.send_message(person, "a", reply_parameters=ReplyParameters(message_id=1))
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.text == "/start"
    with pytest.raises(TelegramBadRequest, match="message to be replied not found"):
        await bot.send_message(person, "a", reply_parameters=ReplyParameters(message_id=77))


async def test_a_reply_keyboard_stays_until_it_is_removed(bot: Bot, sandbox: Sandbox) -> None:
    person = await sandbox.started()
    buttons = [[KeyboardButton(text="My number", request_contact=True)]]
    await bot.send_message(
        person, "Share", reply_markup=ReplyKeyboardMarkup(keyboard=buttons, resize_keyboard=True)
    )
    await sandbox.act(person, "tap", row=0, column=0)
    chat = await sandbox.chat(person)
    assert chat["messages"][-1]["contact"]["user_id"] == person
    await bot.send_message(person, "Thanks", reply_markup=ReplyKeyboardRemove())
    assert (await sandbox.chat(person))["keyboard"] is None


async def test_a_chat_takes_a_short_burst_and_then_one_message_a_second(
    bot: Bot, sandbox: Sandbox
) -> None:
    person, other = await sandbox.started(), await sandbox.started()
    for text in "abc":
        await bot.send_message(person, text)
    with pytest.raises(TelegramRetryAfter) as throttled:
        await bot.send_message(person, "d")
    assert throttled.value.retry_after == 1
    await bot.send_message(other, "another chat is free")
    sandbox.time.now += 1
    await bot.send_message(person, "d")
    calls = await sandbox.control("GET", "/calls?method=sendMessage")
    assert calls["throttled"] == 1
    assert calls["counts"]["sendMessage 429"] == 1
    refused = next(each for each in calls["items"] if each["status"] == 429)
    assert refused["answer"]["parameters"] == {"retry_after": 1}


async def test_thirty_messages_a_second_pass_and_the_next_waits(bot: Bot, sandbox: Sandbox) -> None:
    people = [await sandbox.started() for _ in range(31)]
    for person in people[:30]:
        await bot.send_message(person, "x")
    with pytest.raises(TelegramRetryAfter):
        await bot.send_message(people[30], "x")


async def test_the_profile_of_a_bot_is_kept(bot: Bot, sandbox: Sandbox) -> None:
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (700, True, "demo_shop_bot")
    await bot.set_my_commands([BotCommand(command="help", description="Help")], language_code="ru")
    assert [c.command for c in await bot.get_my_commands(language_code="ru")] == ["help"]
    assert await bot.get_my_commands() == []
    with pytest.raises(TelegramBadRequest, match="BOT_COMMAND_INVALID"):
        await bot.set_my_commands([BotCommand(command="Помощь", description="x")])
    assert await bot.set_my_description("What I do")
    assert await bot.set_my_short_description("Short")
    assert await bot.set_chat_menu_button()
    person = await sandbox.started()
    assert (await bot.get_chat(person)).first_name == "Anna"
    assert await bot.send_chat_action(person, "typing")
    with pytest.raises(TelegramBadRequest, match="wrong parameter action"):
        await bot.send_chat_action(person, "dancing")


async def test_places_and_cards_are_sent(bot: Bot, sandbox: Sandbox) -> None:
    person = await sandbox.started()
    place = await bot.send_location(person, 55.75, 37.61)
    assert place.location is not None
    assert place.location.latitude == 55.75
    card = await bot.send_contact(person, "+79990000001", "Anna")
    assert card.contact is not None
    assert card.contact.phone_number == "+79990000001"
    with pytest.raises(TelegramBadRequest):
        await bot.send_location(person, 155.75, 37.61)
