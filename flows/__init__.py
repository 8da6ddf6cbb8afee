"""The engine: dialogues as data, and the pure rules that walk through them. No I/O."""
