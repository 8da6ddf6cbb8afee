"""What runs in a forked process. Light: the tests' own process imports it too."""

import os
import runpy
import sys


def run_module(arguments: list[str], log: str) -> None:
    """`python -m …`; what it says goes to a file."""
    with open(log, "ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
