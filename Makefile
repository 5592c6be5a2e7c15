# The chores of this repository. `make` alone lists them; `make demo` and `make test` do all their own set-up.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/ready
LOCKS := requirements/run.txt requirements/dev.txt

# Seconds that the crash, fuzz and concurrency loops may use together.
SOAK_SECONDS ?= 120
# Test processes: one per core, at most four.
JOBS ?= auto
# More arguments for pytest: make test ARGS="-k tolerance"
ARGS ?=

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup: $(READY) ## create .venv with everything in it (uv when there is one, venv and pip otherwise)

$(READY): pyproject.toml $(LOCKS)
	@tools/setup.sh $(VENV)
	@touch $@

.PHONY: demo
demo: $(READY) ## play a trial site through on a throw-away ledger, verify it, and say what to try next
	@$(VENV)/bin/doseledger demo

.PHONY: test
test: $(READY) ## the whole test suite, without the loops of soak and the benchmarks
	$(PY) -m pytest -n $(JOBS) --maxprocesses 4 $(ARGS)

.PHONY: stories
stories: $(READY) ## play every story, print rule, story and result, and write docs/validation/stories.md
	$(PY) -m pytest -q -n $(JOBS) --maxprocesses 4 --matrix $(ARGS) tests/stories/test_stories.py

.PHONY: soak
soak: $(READY) ## crash, fuzz and concurrency loops, SOAK_SECONDS in all (120)
	SOAK_SECONDS=$(SOAK_SECONDS) $(PY) -m pytest -m soak --hypothesis-profile soak $(ARGS)

.PHONY: fuzz
fuzz: $(READY) ## throw damaged bytes at every reader for SOAK_SECONDS (120), where atheris is installed
	$(PY) tests/support/fuzzing.py $(SOAK_SECONDS)

.PHONY: bench
bench: $(READY) ## measure and print; nothing is asserted
	$(PY) -m pytest -m bench -s $(ARGS) tests/benchmarks

.PHONY: lint
lint: $(READY) ## ruff: rules and format
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

.PHONY: format
format: $(READY) ## let ruff repair what it can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

.PHONY: types
types: $(READY) ## mypy --strict over the three packages
	$(PY) -m mypy

.PHONY: contracts
contracts: $(READY) ## who may import whom
	$(VENV)/bin/lint-imports --no-logo

.PHONY: docs-check
docs-check: $(READY) ## generated pages are fresh, links lead somewhere
	$(PY) -m pytest -m docs $(ARGS)

.PHONY: docs
docs: $(READY) ## write the generated pages anew
	$(PY) -m pytest -m docs --update $(ARGS)

.PHONY: check
check: lint types contracts docs-check test ## all of the above that can say no

.PHONY: lock
lock: ## write requirements/*.txt anew from pyproject.toml (needs uv)
	@tools/lock.sh

.PHONY: clean
clean: ## remove .venv, caches, builds and the demo ledger
	rm -rf $(VENV) demo dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find commands ledger projections tests -name __pycache__ -type d -prune -exec rm -rf {} +
