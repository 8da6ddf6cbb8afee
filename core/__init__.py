"""The vocabulary: frozen values and pure rules. No I/O, clock or randomness; no library."""
