"""MAX: facts of its Bot API (schema 0.0.30 and its developer pages); knows no dialogue."""
