"""Opt-in and opt-out: site tokens, links to messengers, and the pages that visitors see."""
