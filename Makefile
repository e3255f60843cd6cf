# Each target does its own set-up in .venv; nothing but Python, make and git is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find src -type f -not -name '*.pyc') pyproject.toml README.md LICENSE

.PHONY: help demo test bench lint format clean
.DELETE_ON_ERROR:

help: ## Show what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/installed ## Publish and install a package on the emulator
	$(BIN)/keyrings-codeartifact demo

test: $(VENV)/installed ## Run all tests; PYTEST_ARGS narrows or changes the run
	$(BIN)/python -m pytest $(PYTEST_ARGS)

bench: $(VENV)/installed ## Compare with 2.x: time, memory, AWS calls; BENCH_ARGS narrows or changes the run
	$(BIN)/python tests/benchmarks $(BENCH_ARGS)

lint: $(VENV)/installed ## Check style and types
	$(BIN)/ruff check --no-cache
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/installed ## Lay the code out
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## Remove all that was made
	rm -rf $(VENV) dist .mypy_cache .pytest_cache .ruff_cache

# The tools: once, and again when the project's dependencies change.
$(VENV)/tools: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=26.2'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	touch $@

# A built wheel, as users have it, never an editable install.
dist/built: $(SOURCES) $(VENV)/tools
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	touch $@

$(VENV)/installed: dist/built
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(echo dist/*.whl)[emulator]"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps dist/*.whl
	touch $@
