# Each target sets up .venv itself; you need only Python, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The tests start Python thousands of times: it keeps bytecode, whatever the caller's shell sets.
unexport PYTHONDONTWRITEBYTECODE
SOURCES := $(shell find src -type f -not -name '*.pyc') pyproject.toml README.md LICENSE

.PHONY: help demo test fuzz mutants defences bench pictures bundle function action include docs lint release-check audit sbom pins format clean
.DELETE_ON_ERROR:

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/installed ## Publish and install a package on the emulator
	$(BIN)/keyrings-codeartifact demo

test: $(VENV)/tools $(VENV)/installed $(VENV)/node $(VENV)/docs dist/action ## Run all tests in parallel; PYTEST_ARGS adds arguments for pytest
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder $(PYTEST_ARGS)

mutants: $(VENV)/tools $(VENV)/installed ## Mutate parser, matcher, resolver and cache, and check that tests fail; MUTANTS_ARGS selects modules
	$(BIN)/python tests/mutants.py $(MUTANTS_ARGS)

defences: $(VENV)/tools ## Remove each defence, and check that its test fails; DEFENCES_ARGS selects tests
	$(BIN)/python tests/defences.py $(DEFENCES_ARGS)

fuzz: $(VENV)/tools $(VENV)/installed ## Run the fuzz tests with many new cases; FUZZ_ARGS adds arguments for pytest
	$(BIN)/python -m pytest tests/fuzz --hypothesis-profile=fuzz $(FUZZ_ARGS)

bench: $(VENV)/tools $(VENV)/installed dist/action dist/gitlab-ci/codeartifact.yml ## Compare time, memory and AWS calls with 2.x; BENCH_ARGS adds arguments
	$(BIN)/python tests/benchmarks $(BENCH_ARGS)

pictures: $(VENV)/tools $(VENV)/installed ## Make the pictures in docs/pictures/: terminals, and plots of the figures in benchmark.json
	$(BIN)/python docs/pictures.py
	$(BIN)/python tests/benchmarks/plots.py docs/pictures/benchmark.json

bundle: dist/keyrings-codeartifact.pyz ## Build the bundle: one file that runs on any Python

function: dist/keyrings-codeartifact-rotation.zip ## Make the ZIP file of the rotation function, for AWS Lambda

action: dist/action ## Make the action's folder, as a release has it, in dist/action/

include: dist/gitlab-ci/codeartifact.yml ## Write the GitLab include with its version and the bundle's SHA-256

docs: $(VENV)/docs ## Generate the reference pages and build the documentation, docs/_build/html/
	$(VENV)/docs/bin/python docs/generate.py
	$(VENV)/docs/bin/sphinx-build -W --keep-going --nitpicky --fresh-env --quiet docs docs/_build/html
	@echo docs/_build/html/index.html

lint: $(VENV)/tools $(VENV)/installed ## Check style, types, imports, shell and workflows
	$(BIN)/ruff check --no-cache
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/hadolint docker/Dockerfile
	$(BIN)/shellcheck .ci/*
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions github-actions/action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.readthedocs .readthedocs.yaml
	sed '1,/^---$$/d' gitlab-ci/codeartifact.yml | \
		$(BIN)/check-jsonschema --default-filetype yaml --builtin-schema vendor.gitlab-ci -
	$(BIN)/cfn-lint docs/fleet/cloudformation.yaml
	$(BIN)/kubernetes-validate --strict --quiet docs/fleet/kubernetes.yaml
	PATH="$(BIN):$$PATH" $(BIN)/actionlint
	$(BIN)/zizmor --offline --quiet .github github-actions
	$(BIN)/act --validate >/dev/null

release-check: $(VENV)/tools ## Write the repository's owner into all files, and check what a release needs
	$(BIN)/python .github/release.py owner
	$(MAKE) dist/built
	$(BIN)/twine check --strict dist/*.whl

audit: $(VENV)/tools ## Check the pins for known vulnerabilities; fails if the database is unreachable
	$(BIN)/python tests/audit.py $(PINNED) $(AUDIT_ARGS)

SBOM := sbom

sbom: $(VENV)/tools ## Write a bill of materials (CycloneDX) of the bundle's dependencies to sbom/
	mkdir -p $(SBOM)
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file $(SBOM)/keyrings.codeartifact.cdx.json bundle/requirements.txt

format: $(VENV)/tools $(VENV)/installed ## Format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

PINNED := docker/clients.txt docker/emulator.txt docs/requirements.txt bundle/build.txt bundle/requirements.txt

# Dependencies for desktop keyrings, which containers and CI jobs do not need.
DESKTOP := secretstorage jeepney cryptography cffi pycparser
NO_DESKTOP := $(DESKTOP:%=--no-emit-package=%)
PIN := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command 'make pins' $(PINS_ARGS)
PIN_IMAGE := $(PIN) --python-version 3.12 --python-platform linux

pins: $(VENV)/tools ## Renew the pins of image, action and tests; PINS_ARGS=--upgrade takes the newest versions
	printf 'deflate\nhatchling\n' | $(PIN) --python-version 3.10 --universal - --output-file bundle/build.txt
	$(PIN) --python-version 3.10 --python-platform linux $(NO_DESKTOP) --no-emit-package=typing-extensions pyproject.toml \
		--output-file bundle/requirements.txt
	printf 'twine\nuv\n' | $(PIN_IMAGE) $(NO_DESKTOP) --constraint bundle/requirements.txt \
		$$(sed -nE 's/^([a-z0-9-]+)==.*/--no-emit-package=\1/p' bundle/requirements.txt) - --output-file docker/clients.txt
	$(PIN_IMAGE) pyproject.toml --extra emulator --output-file docker/emulator.txt
	$(PIN) --python-version 3.10 --universal --constraint bundle/requirements.txt --group docs --output-file docs/requirements.txt
	printf 'hatchling\n' | $(PIN) --python-version 3.10 --universal pyproject.toml --extra emulator --group clients - \
		--output-file tests/demo.txt
	$(PIN) --python-version 3.10 --universal pyproject.toml --extra emulator --group dev --constraint tests/demo.txt \
		$$(sed -nE 's/^([a-z0-9-]+)==[^;]*$$/--no-emit-package=\1/p' tests/demo.txt) --output-file tests/requirements.txt
	sed -nE '/^pip download/s/.* pip-wheels //p' docs/how-to/clients.md | tr ' ' '\n' | $(PIN) --python-version 3.10 --universal - \
		--output-file tests/integration/clients/requirements-pex.txt

clean: ## Remove all generated files
	rm -rf $(VENV) dist docs/_build $(SBOM) .hypothesis .mypy_cache .pytest_cache .ruff_cache

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Installs pins: with uv, as pip takes twenty times as long, and with pip where there is no uv.
define INSTALL
if [ -x $(BIN)/uv ]; then install="$(BIN)/uv --quiet pip install --python $(BIN)/python"; else install="$(PIP) install"; fi; \
	$$install --no-deps --require-hashes --requirement $<
endef

# What the demo needs: the emulator, its clients, and what builds the wheel.  Made again when the pins change.
$(VENV)/demo: tests/demo.txt
	$(PYTHON) -m venv $(VENV)
	sed -n '/^uv==/,/[^\\]$$/p' $< >$(VENV)/uv.txt
	$(PIP) install --no-deps --require-hashes --requirement $(VENV)/uv.txt || echo 'uv is unavailable; using pip'
	$(INSTALL)
	touch $@

# What the tests need besides.
$(VENV)/tools: tests/requirements.txt $(VENV)/demo
	$(INSTALL)
	touch $@

# What builds the documentation, in an environment of its own, with the package for its reference pages.
$(VENV)/docs: docs/requirements.txt bundle/requirements.txt $(VENV)/tools dist/built
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $@
	for pins in docs/requirements.txt bundle/requirements.txt; do \
		$(BIN)/uv pip install --quiet --python $@/bin/python --no-deps --require-hashes --requirement $$pins || exit; \
	done
	$(BIN)/uv pip install --quiet --python $@/bin/python --no-deps dist/*.whl
	touch $@

# gitlab-ci-local, which runs GitLab's pipelines, pnpm and Yarn, on the Node.js among the tools.
$(VENV)/node: tests/node/package-lock.json $(VENV)/tools
	mkdir -p $@
	cp tests/node/*.json $@
	PATH="$(abspath $(BIN)):$$PATH" npm ci --prefix $@ --ignore-scripts --no-audit --no-fund --loglevel error
	touch $@

# A built wheel, as users install it, never an editable installation.
dist/built: $(SOURCES) $(VENV)/demo
	rm -rf dist
	$(BIN)/hatchling build --target wheel
	touch $@

# The bundle's dependencies: pure wheels for the oldest Python, whichever Python this is.
$(VENV)/bundle: bundle/requirements.txt $(VENV)/tools
	rm -rf $@
	$(PIP) download --no-deps --require-hashes --only-binary :all: \
		--python-version 3.10 --platform any --implementation py --abi none --requirement $< --dest $@
	touch $@

dist/gitlab-ci/codeartifact.yml: gitlab-ci/codeartifact.yml bundle/include.py dist/keyrings-codeartifact.pyz
	$(BIN)/python bundle/include.py dist/keyrings-codeartifact.pyz $@

dist/keyrings-codeartifact.pyz: bundle/*.py dist/built $(VENV)/bundle
	$(BIN)/python bundle/build.py --output $@ dist/*.whl $(VENV)/bundle/*.whl

dist/keyrings-codeartifact-rotation.zip: bundle/*.py dist/keyrings-codeartifact.pyz
	$(BIN)/python bundle/function.py dist/keyrings-codeartifact.pyz $@

dist/action: dist/keyrings-codeartifact.pyz github-actions/*
	rm -rf $@
	mkdir $@
	cp github-actions/* LICENSE dist/keyrings-codeartifact.pyz* $@

$(VENV)/installed: dist/built
	$(PIP) install --force-reinstall --no-deps dist/*.whl
	touch $@
