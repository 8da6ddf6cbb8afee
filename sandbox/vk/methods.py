"""The table of methods: one line per method of the API that the double knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import aiohttp

from sandbox.vk import methods_groups, methods_messages, methods_uploads
from sandbox.vk.call import Call
from sandbox.vk.group import Group

Method = Callable[[Group, Call], Awaitable[Any]]


def methods(http: aiohttp.ClientSession) -> Mapping[str, Method]:
    """All but `execute`, which runs these."""
    return {
        "messages.send": methods_messages.send,
        "messages.edit": methods_messages.edit,
        "messages.delete": methods_messages.delete,
        "messages.sendMessageEventAnswer": methods_messages.send_message_event_answer,
        "messages.setActivity": methods_messages.set_activity,
        "messages.markAsRead": methods_messages.mark_as_read,
        "messages.isMessagesFromGroupAllowed": methods_messages.is_messages_from_group_allowed,
        "photos.getMessagesUploadServer": methods_uploads.get_photo_server,
        "photos.saveMessagesPhoto": methods_uploads.save_photo,
        "docs.getMessagesUploadServer": methods_uploads.get_doc_server,
        "docs.save": methods_uploads.save_doc,
        "groups.getCallbackConfirmationCode": methods_groups.get_callback_confirmation_code,
        "groups.addCallbackServer": partial(methods_groups.add_callback_server, http=http),
        "groups.editCallbackServer": partial(methods_groups.edit_callback_server, http=http),
        "groups.deleteCallbackServer": methods_groups.delete_callback_server,
        "groups.getCallbackServers": methods_groups.get_callback_servers,
        "groups.setCallbackSettings": methods_groups.set_callback_settings,
        "groups.getCallbackSettings": methods_groups.get_callback_settings,
        "groups.getLongPollServer": methods_groups.get_long_poll_server,
        "groups.setLongPollSettings": methods_groups.set_long_poll_settings,
        "groups.getById": methods_groups.get_by_id,
        "users.get": methods_groups.get_users,
    }
