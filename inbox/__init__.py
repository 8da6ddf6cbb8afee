"""Operators: conversations, the live stream, the web pages and the API of both."""
