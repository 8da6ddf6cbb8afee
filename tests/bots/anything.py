"""Values that no messenger sends, for parsers that must stand all of them."""

import json
from typing import Any

from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)
PATHS = st.lists(st.integers(0, 30), max_size=5)


def with_value_at(body: bytes, path: list[int], value: Any) -> bytes:
    """The JSON body with another value at the place where this path ends."""
    fields = json.loads(body)
    place: Any = fields
    for step in path:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = keys[step % len(keys)]
        if not isinstance(place[key], dict | list) or step == path[-1]:
            place[key] = value
            break
        place = place[key]
    return json.dumps(fields).encode()
