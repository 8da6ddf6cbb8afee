"""One module a command, imported only when it is called: `parley --help` must not wait."""
