# Every target prepares .venv by itself: `make demo` and `make test` work on a fresh checkout.
PORT ?= 8080
WORKERS ?= auto
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: help demo demo-reset test check bench screenshots
.DEFAULT_GOAL := help

help:
	@echo "make demo [PORT=8080]  the server, a demo shop, a phone and the inbox on one port"
	@echo "make demo-reset        forget what the demo has stored"
	@echo "make test              all tests, one process per core; ARGS=\"tests/flows -k timer\" for some"
	@echo "make check             ruff, mypy --strict, lint-imports"
	@echo "make screenshots       the pictures in docs/pictures, from a demo in Chromium"
	@echo "make bench             the benchmarks, a few minutes"

demo: $(STAMP)
	@$(BIN)/parley demo --port $(PORT)

demo-reset:
	rm -rf var/demo

test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	@set -e; for file in benchmarks/*.py; do \
		name=$$(basename "$$file" .py); \
		[ "$$name" = __init__ ] || $(BIN)/python -m "benchmarks.$$name"; \
	done

screenshots: $(STAMP)
	@$(BIN)/python docs/pictures/take.py

# A stamp newer than both files says that this .venv holds what they ask for.
$(STAMP): pyproject.toml clients/python/pyproject.toml constraints.txt $(BIN)/python
	@echo "Installing into .venv (a minute or two the first time) …"
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e clients/python -e '.[dev]'
	@touch $@

# Found is not enough: a version manager's shim may stand on PATH and only print "not found".
$(BIN)/python:
	@found=""; \
	for python in python3.14 python3.13 python3.12 python3.11 python3; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
		found="$$python"; \
		"$$python" -c 'import venv, ensurepip' >/dev/null 2>&1 || continue; \
		echo "Making .venv with $$("$$python" -V)"; \
		rm -rf .venv; \
		exec "$$python" -m venv .venv; \
	done; \
	if [ -n "$$found" ]; then \
		echo "$$("$$found" -V) has no venv module. On Debian or Ubuntu: apt install python3-venv (or $$("$$found" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])'))" >&2; \
	else \
		echo "No Python 3.11 or newer was found. On Debian or Ubuntu: apt install python3 python3-venv" >&2; \
	fi; \
	exit 1
