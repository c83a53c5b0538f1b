# Every target builds the environment it needs from the lock.
PYTHON ?= python3
DATA ?=
# A checkout of pulumi/compliance-policies, whose rules no package index has.
PEER ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.requirements.lock
DEVELOP := $(VENV)/.requirements-dev.lock
# uv is many times faster than pip, but does not read pip's configuration: pip takes over where uv fails.
LOCKED = --require-hashes --only-binary=:all: -r
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
UV = $(BIN)/uv pip install --python $(BIN)/python

# No package of it holds the program: it is run where it is installed, or built where Go is.
ACTIONLINT = if command -v actionlint > /dev/null; then actionlint; \
	elif command -v go > /dev/null; then go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12; \
	else echo "Neither actionlint nor go is installed: the workflows' syntax was not checked." >&2; fi

# Programs, packs and servers start again and again: each would compile the thousands of files of the SDK again without a cache.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/pycache

.DEFAULT_GOAL := help
.PHONY: help env demo mutants engine test slow-test engine-test coverage lint format figures bench docs lock clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

env: $(DEVELOP) ## Build the environment from the locks

$(READY): requirements.lock requirements-uv.lock packages/*/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with PYTHON=..." >&2; exit 2; }
	@echo "Building the environment in $(VENV): about 1.1 GB"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) $(LOCKED) requirements-uv.lock
	@$(UV) $(LOCKED) requirements.lock || $(PIP) --progress-bar on $(LOCKED) requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e packages/endpoint-guard -e packages/pulumi-preflight
	@cp requirements.lock $(READY)

$(DEVELOP): $(READY) requirements-dev.lock
	@$(UV) $(LOCKED) requirements-dev.lock || $(PIP) $(LOCKED) requirements-dev.lock
	@cp requirements-dev.lock $(DEVELOP)

demo: $(READY) ## The main job without an account: train, package, evaluate, check, serve, score  [DATA=folder]
	@$(BIN)/python -m preflight demo $(if $(DATA),--data "$(DATA)")

engine: ## Provide the Pulumi CLI for the engine tests: the one on PATH, or built with Go
	@tests/engine/module/provide

test: $(DEVELOP) ## Run the tests, but for the slow ones
	@$(BIN)/python -m pytest -m "not slow and not engine" -n auto --dist loadfile -rs

slow-test: $(DEVELOP) ## Run the slow tests: whole servers under attack, whole trainings, long generated input
	@$(BIN)/python -m pytest -m "slow and not engine" -n auto --dist loadfile -rs

coverage: $(DEVELOP) ## Run both and say which lines and branches they do not reach
	@$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report term:skip-covered --cov-report html:build/coverage

engine-test: $(DEVELOP) engine ## Run the tests on the real Pulumi CLI
	@$(BIN)/python -m pytest tests/engine -m "engine or not engine" -p no:randomly -n auto --dist loadgroup -rs -o faulthandler_timeout=0

lint: $(DEVELOP) ## Check format, lint, types and import walls
	@$(BIN)/ruff format --check --quiet . || { echo "Run make format."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/zizmor --offline --quiet --no-progress --config .github/zizmor.yml .github
	@$(ACTIONLINT)

format: $(DEVELOP) ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

mutants: $(DEVELOP) ## Plant every fault of the catalogue in the prod stack: each must be noticed
	@$(BIN)/python -m tests.endpoint_guard.mutants

figures: $(READY) ## Heat maps of both recipes over training sizes  [DATA=folder]
	@$(BIN)/python -m model evaluate $(if $(DATA),--data "$(DATA)",--sample) --recipe reference --recipe boosted --sizes 10000,50000,100000,150000,200000

bench: $(DEVELOP) ## Ours against the reference behind one server, the function, the pack  [DATA=folder] [PEER=checkout]
	@$(BIN)/python -m benchmarks $(if $(DATA),--data "$(DATA)") $(if $(PEER),--compliance-policies "$(PEER)") --docs docs

docs: $(DEVELOP) ## Write what follows from the rules: docs/controls.md, the list of ids, the changelog's new ids
	@$(BIN)/python -m endpoint_guard.docs

COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock" --upgrade
lock: $(DEVELOP) ## Resolve the locks again from pyproject.toml
	@$(COMPILE) --group dev --group build -o requirements-dev.lock pyproject.toml
	@$(COMPILE) --group build -c requirements-dev.lock -o requirements.lock pyproject.toml
	@$(COMPILE) --group pyproject.toml:uv --no-deps -o requirements-uv.lock

clean: ## Remove the environment and everything built
	@rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis
