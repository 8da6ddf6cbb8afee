"""The shell of the engine: events come in, are decided in one transaction, and effects go out."""
