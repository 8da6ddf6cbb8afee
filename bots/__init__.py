"""Messengers, one folder each: what comes is verified and parsed, what goes is translated."""
