"""Composition: configuration, wiring, the HTTP application, the command line, logs, metrics."""
