"""Doubles of the messengers and of a shop, for demos and tests; imports none of our packages."""
