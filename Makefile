# Every target builds the environment it needs from the lock.
PYTHON ?= python3
DATA ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.requirements.lock

.DEFAULT_GOAL := help
.PHONY: help env demo mutants test lint format figures bench docs lock clean

help: ## Say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

env: $(READY) ## Build the environment from the lock

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with PYTHON=..." >&2; exit 2; }
	@echo "Building the environment in $(VENV) (a minute or two, downloads aside)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e packages/endpoint-guard -e packages/pulumi-preflight
	@cp requirements.lock $(READY)

demo: $(READY) ## The main job without an account: train, package, evaluate, check, serve, score  [DATA=folder]
	@$(BIN)/python -m preflight demo $(if $(DATA),--data "$(DATA)")

test: $(READY) ## Run the tests
	@$(BIN)/python -m pytest -n auto

lint: $(READY) ## Check format, lint, types and import walls
	@$(BIN)/ruff format --check --quiet . || { echo "Run make format."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY) ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

mutants: $(READY) ## Plant every fault of the catalogue in the prod stack: each must be noticed
	@$(BIN)/python -m tests.endpoint_guard.mutants

figures: $(READY) ## Heat maps of both recipes over training sizes  [DATA=folder]
	@$(BIN)/python -m model evaluate $(if $(DATA),--data "$(DATA)",--sample) --recipe reference --recipe default --sizes 10000,50000,100000,150000,200000

bench: $(READY) ## Ours against the reference behind one server, the function, the pack  [DATA=folder]
	@$(BIN)/python -m benchmarks $(if $(DATA),--data "$(DATA)") --docs docs

docs: $(READY) ## Write docs/controls.md anew from the rules
	@$(BIN)/python -m endpoint_guard.docs > docs/.controls.md && mv docs/.controls.md docs/controls.md

lock: $(READY) ## Resolve the lock anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --group dev --generate-hashes --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" --upgrade -o requirements.lock pyproject.toml

clean: ## Remove the environment and everything built
	@rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis
