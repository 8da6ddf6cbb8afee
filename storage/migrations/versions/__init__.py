"""Alembic's: one file a step, up only; `storage.open` runs them."""
