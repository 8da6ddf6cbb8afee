"""A Telegram Bot API double: strict about the platform's limits, and in its own words."""
