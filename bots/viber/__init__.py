"""Viber: facts of the Viber REST bot documentation (7.3.0); knows no dialogue."""
