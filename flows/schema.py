"""The JSON Schema of the flow language, for editors; made from what loading uses."""

from typing import Any

from flows.load import adapter


def schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) that every flow file satisfies."""
    made = adapter().json_schema(by_alias=True, mode="validation")
    _close(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Parley flow",
        **{key: value for key, value in made.items() if key != "title"},
    }


def _close(node: Any) -> None:
    """Refuse unknown keys everywhere, and drop the titles that only repeat a key."""
    if isinstance(node, list):
        for item in node:
            _close(item)
    if not isinstance(node, dict):
        return
    properties = node.get("properties")
    if isinstance(properties, dict):
        node.setdefault("additionalProperties", False)
        for value in properties.values():
            if isinstance(value, dict):
                value.pop("title", None)
                if not value.get("default", True):
                    del value["default"]
    for value in node.values():
        _close(value)
