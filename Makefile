# Two commands: `make demo` and `make test`. Everything else is a part of one of them.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
STATIC := server/static/built/.stamp

.PHONY: help demo run test check lint types arrows coverage bench fuzz guards schema messages map lock static setup browser judges mastodonpy clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Commonlore needs Python 3.11 or newer"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock requirements-build.lock | $(BIN)/python
	$(PIP) -r requirements.lock -r requirements-build.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp pyproject.toml
	$(PIP) -r requirements-dev.lock
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(STATIC): package.json package-lock.json server/static/build.py $(wildcard server/static/styles/*.scss server/static/*.js server/static/*.svg) | $(VENV)/run.stamp
	$(BIN)/python server/static/build.py
	@touch $@

static: $(STATIC) ## Turn the npm packages into server/static/built

setup: $(VENV)/dev.stamp $(STATIC) ## Install everything that developing needs

demo: $(VENV)/run.stamp $(STATIC) ## Three agencies on this laptop, with lived-in content
	@exec $(BIN)/python -m server demo $(DEMO_ARGS)

run: $(VENV)/run.stamp $(STATIC) ## One instance on this laptop, on an embedded database
	@exec $(BIN)/python -m server serve

browser: ## Install Debian's Chromium where it is missing and may be installed
	@command -v chromium >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-liberation fonts-noto-color-emoji >/dev/null; }; } || \
	  echo "no Chromium here and no right to install one: page tests will be skipped by name"

judges: $(VENV)/dev.stamp ## Install the peer and clients that judge us, where npm may be asked
	@$(BIN)/python tests/npm.py

test: setup browser judges lint types arrows coverage ## Everything that CI runs

check: setup lint types arrows ## The fast half of test: style, types, import arrows, pure tests
	$(BIN)/python -m pytest -q tests/schemas tests/federation tests/moderation tests/architecture

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

arrows: $(VENV)/dev.stamp
	$(BIN)/lint-imports --no-cache

coverage: setup ## All tests, with branch coverage and its floors
	@$(BIN)/coverage erase
	$(BIN)/python tests/halves.py
	@$(BIN)/coverage combine --quiet
	$(BIN)/python tests/coverage_floors.py

bench: setup ## Measure our limits and ourselves in one run
	$(BIN)/python -m tests.bench

mastodonpy: setup ## Mastodon.py's own tests, run live against an instance
	$(BIN)/python -m pytest -q tests/clients/mastodonpy

fuzz: setup ## 100 000 spoilt activities and requests, then every parser for longer
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -q tests/fuzz
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -q tests/schemas tests/federation -k "any or fuzz or hypothesis"

guards: setup ## Take out each guard in turn, and see that its own tests miss it
	$(BIN)/python -m tests.guards

schema: setup ## Rewrite server/storage/schema.sql from the migrations
	$(BIN)/python -m tests.architecture.write_schema

messages: setup ## Rewrite the catalogue's template from what pages say
	$(BIN)/python -m tests.architecture.write_messages

map: setup ## Rewrite the map in README.md from the modules' docstrings
	$(BIN)/python -m tests.architecture.write_map

lock: $(VENV)/dev.stamp ## Resolve the lock files anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra embedded pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group build -c requirements.lock -o requirements-build.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group dev -c requirements.lock -c requirements-build.lock -o requirements-dev.lock

clean: ## Remove what was built and installed here
	rm -rf $(VENV) server/static/built node_modules tests/fedify/node_modules tests/clients/js/node_modules .state .mypy_cache .ruff_cache .pytest_cache .hypothesis
