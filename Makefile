# Each target does its own set-up in .venv; nothing but Python, make and git is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find src -type f -not -name '*.pyc') pyproject.toml README.md LICENSE

.PHONY: help demo test fuzz mutants defences bench lint audit sbom pins format clean
.DELETE_ON_ERROR:

help: ## Show what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/installed ## Publish and install a package on the emulator
	$(BIN)/keyrings-codeartifact demo

test: $(VENV)/installed $(VENV)/gitlab ## Run all tests, a file on each core; PYTEST_ARGS narrows or changes the run
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder $(PYTEST_ARGS)

mutants: $(VENV)/installed ## Change parser, matcher, resolver and cache, and see the tests notice; MUTANTS_ARGS names modules
	$(BIN)/python tests/mutants.py $(MUTANTS_ARGS)

defences: $(VENV)/tools ## Take away one defence after the other, and see its test notice; DEFENCES_ARGS chooses
	$(BIN)/python tests/defences.py $(DEFENCES_ARGS)

fuzz: $(VENV)/installed ## Attack every parser with ever new texts; FUZZ_ARGS narrows or changes the run
	$(BIN)/python -m pytest tests/fuzz --hypothesis-profile=fuzz $(FUZZ_ARGS)

bench: $(VENV)/installed ## Compare with 2.x: time, memory, AWS calls; BENCH_ARGS narrows or changes the run
	$(BIN)/python tests/benchmarks $(BENCH_ARGS)

lint: $(VENV)/installed ## Check style and types
	$(BIN)/ruff check --no-cache
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/hadolint docker/Dockerfile
	$(BIN)/shellcheck .ci/* docker/*.sh
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions github-actions/action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	sed '1,/^---$$/d' gitlab-ci/codeartifact.yml | \
		$(BIN)/check-jsonschema --default-filetype yaml --builtin-schema vendor.gitlab-ci -
	PATH="$(BIN):$$PATH" $(BIN)/actionlint
	$(BIN)/zizmor --offline --quiet .github github-actions
	$(BIN)/act --validate >/dev/null

audit: $(VENV)/tools ## Look for known vulnerabilities in what is pinned; fails where nobody can be asked
	$(BIN)/python tests/audit.py $(PINNED) $(AUDIT_ARGS)

SBOM := sbom

sbom: $(VENV)/tools ## Write down what the action installs beside the tool itself, for scanners: CycloneDX, in sbom/
	mkdir -p $(SBOM)
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file $(SBOM)/keyrings.codeartifact.cdx.json github-actions/requirements.txt

format: $(VENV)/installed ## Lay the code out
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

PINNED := docker/requirements.txt docker/clients.txt docker/build.txt docker/emulator.txt github-actions/requirements.txt

# Of what the image's and the action's tool needs: the desktop's keyrings have no place in a container or a CI job.
DESKTOP := secretstorage jeepney cryptography cffi pycparser
NO_DESKTOP := $(DESKTOP:%=--no-emit-package=%)
PIN := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command 'make pins' $(PINS_ARGS)
PIN_IMAGE := $(PIN) --python-version 3.12 --python-platform linux

pins: $(VENV)/tools ## Pin anew what image, action and tests are made of; PINS_ARGS=--upgrade takes the newest
	$(PIN_IMAGE) $(NO_DESKTOP) pyproject.toml --output-file docker/requirements.txt
	printf 'twine\nuv\n' | $(PIN_IMAGE) $(NO_DESKTOP) --constraint docker/requirements.txt \
		$$(sed -nE 's/^([a-z0-9-]+)==.*/--no-emit-package=\1/p' docker/requirements.txt) - --output-file docker/clients.txt
	printf 'hatchling\n' | $(PIN_IMAGE) - --output-file docker/build.txt
	$(PIN_IMAGE) --constraint docker/requirements.txt pyproject.toml --extra emulator --output-file docker/emulator.txt
	printf 'hatchling\n' | $(PIN) --python-version 3.10 --universal $(NO_DESKTOP) pyproject.toml - \
		--output-file github-actions/requirements.txt
	printf 'hatchling\n' | $(PIN) --python-version 3.10 --universal pyproject.toml --extra emulator --group dev - \
		--output-file tests/requirements.txt

clean: ## Remove all that was made
	rm -rf $(VENV) dist $(SBOM) .hypothesis .mypy_cache .pytest_cache .ruff_cache

# The tools, and what the project needs: once, and again when the pins change.
$(VENV)/tools: tests/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $<
	touch $@

# What runs GitLab's pipelines here, on the Node of the tools.
$(VENV)/gitlab: tests/gitlab/package-lock.json $(VENV)/tools
	mkdir -p $@
	cp tests/gitlab/*.json $@
	PATH="$(abspath $(BIN)):$$PATH" npm ci --prefix $@ --ignore-scripts --no-audit --no-fund --loglevel error
	touch $@

# A built wheel, as users have it, never an editable install.
dist/built: $(SOURCES) $(VENV)/tools
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	touch $@

$(VENV)/installed: dist/built
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps dist/*.whl
	touch $@
