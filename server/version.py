"""The version of Parley, as the API and the command line tell it."""

VERSION = "0.1.0"
