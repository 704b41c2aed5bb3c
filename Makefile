# Every task of the project. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= out
ISSUERS ?= 1
LOG ?= sqlite
WEB := clients/web
# What the employee's page needs to be checked and tested, where there is npm; without it that is left out, loudly.
WEB_READY := $(if $(shell command -v npm),$(WEB)/node_modules/.package-lock.json)

.DEFAULT_GOAL := help
.PHONY: help run demo visit counted who-knows kafka test check bench library screenshots lock vectors clean

help:  ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run  ## set up, start the whole suite with example data, and say what to open (LOG=kafka: on a real Kafka)
	@$(BIN)/python -m deploy.trial run --issuers $(ISSUERS) --log $(LOG)

demo: $(VENV)/run  ## the same story without a visitor; leaves everything in OUT=folder (ISSUERS=2: two issuers)
	@$(BIN)/python -m deploy.trial demo --out "$(OUT)" --issuers $(ISSUERS) --log $(LOG)

visit: $(VENV)/run  ## answer in the round that make run keeps open
	@$(BIN)/python -m deploy.trial visit

counted: $(VENV)/run  ## find the answers of make visit among those that were counted
	@$(BIN)/python -m deploy.trial counted

who-knows: $(VENV)/run  ## what each service holds about the visitor, from the real files
	@$(BIN)/python -m deploy.trial who-knows

kafka: $(VENV)/run  ## start a real Kafka on this machine (needs Java 17 and Maven), and say how services use it
	@$(BIN)/python -m deploy.kafka

test: $(VENV)/dev $(WEB_READY)  ## run all tests
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

check: $(VENV)/dev $(WEB_READY)  ## formatting, lint, types and layering
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
ifneq ($(WEB_READY),)
	@cd $(WEB) && npm run --silent check
else ifeq ($(CI),true)
	@echo "CI=true and no npm: the code of $(WEB) was not checked."; exit 1
else
	@echo "NOT CHECKED: the code of $(WEB), for there is no npm on this machine (install Node 20 or newer)."
endif

bench: $(VENV)/dev  ## run the benchmarks and print their table
	@$(BIN)/python -m benchmarks

library: $(VENV)/dev  ## write what the instruments' files say into docs/instruments.md
	@$(BIN)/python -m tests.instruments_page docs/instruments.md

screenshots: $(VENV)/dev  ## take the pictures of the page in docs/pictures (needs Chromium)
	@$(BIN)/python -m tests.web.pictures docs/pictures

vectors: $(VENV)/dev  ## write this protocol's own test vectors into docs/protocol.md
	@$(BIN)/python -m tests.vectors docs/protocol.md

lock: $(VENV)/dev  ## pin the newest versions of all dependencies, with hashes (needs uv)
	@uv pip compile -q --upgrade --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml --group build -o requirements.lock
	@uv pip compile -q --upgrade --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml --group dev -o requirements-dev.lock

$(WEB)/node_modules/.package-lock.json: $(WEB)/package.json $(WEB)/package-lock.json
	@echo "Setting up the packages of $(WEB) ..."
	@cd $(WEB) && npm ci --silent
	@touch $@

clean:  ## remove the environment and everything that a trial left behind
	@rm -rf $(VENV) $(WEB)/node_modules var out .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Klankbord needs Python 3.11 or newer: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "This Python cannot make a virtual environment (on Debian and Ubuntu: apt install python3-venv)."; rm -rf $(VENV); exit 1; }

$(VENV)/run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up the environment in $(VENV) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/run
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
