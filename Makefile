# Everything a newcomer needs is `make run` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE := pip-compile --quiet --generate-hashes --no-header --no-annotate --no-emit-options --strip-extras --allow-unsafe --build-deps-for editable

.PHONY: help env run demo test check test-fast test-long bench browser screenshots translations pins clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

.venv/run.stamp: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed; say which with make PYTHON=...")'
	@test -x $(BIN)/python || { echo "Making the environment in .venv ..."; $(PYTHON) -m venv .venv; }
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/env.stamp: requirements-dev.txt .venv/run.stamp
	@echo "Adding the tools for tests and checks to .venv ..."
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

env: .venv/env.stamp ## Make .venv with everything that running, testing and checking need

run: .venv/run.stamp ## Make the database and the secret on the first start, then serve the program
	@$(BIN)/tracker init
	@$(BIN)/tracker serve

demo: .venv/run.stamp ## Serve a demonstration year in a database of its own
	@$(BIN)/tracker demo --today 2021-01-14

check: env ## Run the linters and type checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet

browser: # What the browser tests need from the system.
	@if command -v chromium >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q .; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fontconfig fonts-noto-cjk >/dev/null; exit; fi; \
	echo "******** LEFT OUT: the browser tests. Install chromium, fontconfig and fonts-noto-cjk to have them. ********"; \
	test "$${CI:-}" != true

test: env browser check ## Run every check and the whole suite on SQLite, then on PostgreSQL what reaches a database
	$(BIN)/pytest -n $(WORKERS)
	TRACKER_TEST_DATABASE=postgres $(BIN)/pytest -n $(WORKERS)
	$(BIN)/pytest tests/vectors

test-fast: env ## Run the suite on SQLite, without a browser
	$(BIN)/pytest -n $(WORKERS) -m "not browser and not long"

test-long: env ## Run what takes minutes, on SQLite and PostgreSQL, and print its figures
	$(BIN)/pytest -m long
	TRACKER_TEST_DATABASE=postgres $(BIN)/pytest -m long

bench: env ## Measure the pages against a yardstick at 100, 1,000 and 10,000 proposals (BENCH=--check fails over budget)
	$(BIN)/python -m tests.bench $(BENCH)

screenshots: env browser ## Take the pictures of the guides anew, from the demonstration year
	$(BIN)/python -m tests.stories.screenshots

translations: env ## Bring the catalogues up to date with the texts in code and templates
	$(BIN)/pybabel -q extract -F tracker/translations/babel.cfg -k say -k _l -k lazy_gettext --no-location --omit-header -o .venv/messages.pot .
	@test -e tracker/translations/zh/LC_MESSAGES/messages.po || $(BIN)/pybabel -q init -i .venv/messages.pot -d tracker/translations -l zh
	$(BIN)/pybabel -q update -i .venv/messages.pot -d tracker/translations -l zh --no-fuzzy-matching --ignore-obsolete

pins: ## Choose the newest allowed versions and write them down with their hashes
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; $(PYTHON) -m venv "$$folder"; "$$folder/bin/pip" install --quiet pip-tools; \
	"$$folder/bin/$(firstword $(COMPILE))" $(wordlist 2,99,$(COMPILE)) --upgrade -o requirements.txt pyproject.toml; \
	"$$folder/bin/$(firstword $(COMPILE))" $(wordlist 2,99,$(COMPILE)) --upgrade --extra dev -c requirements.txt -o requirements-dev.txt pyproject.toml

clean: ## Remove the environment and everything that tools left behind
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
