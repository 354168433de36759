# Two commands set up everything: `make demo` and `make test`. Both need Python 3.11+, and nothing installed.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: demo test test-slow browser check clean torch-for-cpu

demo: $(VENV)/installed  ## the whole job: posts become a model that writes
	$(BIN)/huggingtweets bases fetch smollm2-135m || true  # without it the demo takes the base that ships
	$(BIN)/huggingtweets demo

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

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "huggingtweets needs Python 3.11 or later; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

torch-for-cpu: | $(VENV)/bin/python  # the usual one of Linux brings 4 GB of CUDA, which needs a GPU; without it pip takes that
	@[ "$$(uname)" != Linux ] || command -v nvidia-smi >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --retries 1 --no-deps --index-url https://download.pytorch.org/whl/cpu "$$(grep '^torch==' constraints.txt)" || true

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo 'Installing the libraries, about 1.5 GB; this takes minutes, once'
	@$(MAKE) --no-print-directory torch-for-cpu
	$(INSTALL) .
	touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo 'Installing the libraries and those of the tests; this takes minutes, once'
	@$(MAKE) --no-print-directory torch-for-cpu
	$(INSTALL) '.[dev]'
	touch $@ $(VENV)/installed
