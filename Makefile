# Two commands set up everything: `make demo` and `make test`. Both need Python 3.11+, and nothing installed.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCKED := $(INSTALL) --no-deps --only-binary :all: --require-hashes --requirement

.PHONY: demo test test-slow browser check bill-of-materials clean torch

demo: $(VENV)/installed  ## the whole job: posts become a model that writes
	$(BIN)/huggingtweets bases fetch smollm2-135m || true  # without it the demo takes the base that ships
	$(BIN)/huggingtweets demo
	@echo 'To type huggingtweets yourself: source $(BIN)/activate'

test: $(VENV)/installed-dev  ## the tests, with the checks of the code among them
	$(BIN)/python -m pytest -m "not slow" --numprocesses auto --dist loadfile --no-loadscope-reorder

test-slow: $(VENV)/installed-dev  ## the checks that take minutes
	$(BIN)/python -m pytest -m slow

browser:  ## what the tests of the page need besides, where apt and the right to use it are there
	command -v chromium || apt-get install --yes --quiet --no-install-recommends chromium

check: $(VENV)/installed-dev  ## style, types, and who may import whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bill-of-materials: $(VENV)/installed  ## what a release consists of, with licences and hashes, as CycloneDX
	$(BIN)/python scripts/write_bill_of_materials.py bill-of-materials.cdx.json

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "huggingtweets needs Python 3.11 or later; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

torch: | $(VENV)/bin/python  # the usual build of Linux brings 4 GB of CUDA, which needs a GPU; another index has one without
	@if [ "$$(uname)" != Linux ]; then $(LOCKED) torch-cpu.lock; \
	elif command -v nvidia-smi >/dev/null; then $(LOCKED) torch-cuda.lock; \
	else $(BIN)/python -m uv pip install --quiet --no-deps --require-hashes --python $(BIN)/python --torch-backend cpu \
	    --requirement torch-cpu.lock 2>/dev/null \
	  || $(LOCKED) torch-cpu.lock 2>/dev/null || $(LOCKED) torch-cuda.lock; fi

# Each file that is installed has one of the hashes in the locks.
$(VENV)/installed: pyproject.toml constraints.txt requirements.lock torch-cpu.lock torch-cuda.lock | $(VENV)/bin/python
	@echo 'Installing the libraries, about 1.5 GB; this takes minutes, once'
	$(LOCKED) requirements.lock
	@$(MAKE) --no-print-directory torch
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt requirements-dev.lock torch-cpu.lock torch-cuda.lock | $(VENV)/bin/python
	@echo 'Installing the libraries and those of the tests; this takes minutes, once'
	$(LOCKED) requirements-dev.lock
	@$(MAKE) --no-print-directory torch
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/installed
