# The two commands that matter: `make demo` and `make test`. Both set themselves up from an empty clone.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.riskd-ready
# Inside it, so that every tool passes it over as well.
PEERS ?= $(VENV)/peers

.PHONY: setup demo test bench benchmark sim crash picture lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: setup
	$(BIN)/riskd demo

# One command for everything that must hold: formatting, lint, types, import rules, tests.
test: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist worksteal

# Ratios measured in one run; not timed tests.
bench: setup
	$(BIN)/python -m benchmarks

# The rules against other policy engines, which live in an environment of their own: nothing else may come to need them.
benchmark: $(PEERS)/.riskd-ready
	$(PEERS)/bin/python -m benchmarks.rules
	$(PEERS)/bin/python -m benchmarks.gaps

$(PEERS)/.riskd-ready: requirements.lock requirements-peers.lock pyproject.toml
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --require-hashes --only-binary :all: --no-deps -r requirements.lock
	$(PEERS)/bin/python -m pip install --quiet --require-hashes --only-binary :all: --no-deps -r requirements-peers.lock
	$(PEERS)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Seeds of the simulation on all cores: SEEDS=300, or SEEDS=0-9999. What is finished is kept under build/simulation/.
SEEDS ?= 0-999
sim: setup
	$(BIN)/python -m tests.simulation.many $(SEEDS)

# kill -9 of a real `riskd run` at random moments, three hundred times; `make test` runs a few of them.
crash: setup
	RISKD_CRASHES=300 $(BIN)/python -m pytest -q tests/crash

# The picture in the README, made by the program.
picture: setup
	$(BIN)/riskd demo --fast --picture docs/img/demo.svg

COMPILE := $(BIN)/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --only-binary :all:

lock:
	$(COMPILE) pyproject.toml --group dev -o requirements.lock
	$(COMPILE) --group pyproject.toml:peers -c requirements.lock --python-version 3.11 -o requirements-peers.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis
