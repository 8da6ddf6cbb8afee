"""Telegram: facts of Bot API 10.3 and of the source of telegram-bot-api; knows no dialogue."""
