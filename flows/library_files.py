"""The flows that come with Parley, and the schema: the only files that this package reads."""

from importlib.resources import files


def builtin() -> tuple[tuple[str, str], ...]:
    """File name and source of every flow of the library, by name."""
    folder = files("flows") / "library"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    return tuple(
        (entry.name, entry.read_text(encoding="utf-8"))
        for entry in sorted(found, key=lambda entry: entry.name)
    )


def schema_text() -> str:
    """The JSON Schema of the language as it is shipped."""
    return (files("flows") / "flow.schema.json").read_text(encoding="utf-8")
