# Everything runs in .venv, made with python3 and its venv module; node comes with it, none needs to be installed.
# A second run starts at once: what is installed is made again only when what it is made from has changed.

PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
LAB := extensions/lab
PANEL := $(shell find $(LAB)/src $(LAB)/style -type f) $(LAB)/package.json $(LAB)/yarn.lock $(LAB)/tsconfig.json \
	$(LAB)/install.json
BROWSER ?= 1

export PATH := $(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help venv demo test lint types imports quick slow panel browser bench format clean

help: ## show this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-10s %s\n", $$1, $$2 }'

venv: $(VENV)/.installed ## make the environment that the demo runs in

demo: $(VENV)/.installed ## walk through the flagship course; OPEN=1 opens it in JupyterLab afterwards
	$(BIN)/course-kit demo $(if $(OPEN),--open)

test: lint types imports quick slow panel $(if $(filter 0,$(BROWSER)),,browser) ## every check; BROWSER=0 leaves the browser out

lint: $(VENV)/.testable ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.testable ## mypy, strict
	$(BIN)/mypy

imports: $(VENV)/.testable ## the architecture: who may import whom
	$(BIN)/lint-imports

quick: $(VENV)/.testable ## the tests that run in seconds
	$(BIN)/pytest -q

slow: $(VENV)/.testable ## the tests that start kernels, servers and databases (which mostly wait: more processes than cores)
	$(BIN)/pytest -q -n 4 --dist loadfile --no-loadscope-reorder -m slow

panel: $(VENV)/.panel ## lint and tests of the JupyterLab extension
	cd $(LAB) && $(BIN)/jlpm run lint && $(BIN)/jlpm run test

browser: $(VENV)/.testable ## the tests that press the buttons in a real browser (they mostly wait, too)
	$(BIN)/pytest -q -n 2 --dist loadfile -m browser

bench: $(VENV)/.testable ## measure what the documentation promises; ONLY=grading or ONLY=grading.ps1 measures a part
	$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(FULL),--full)

format: $(VENV)/.panel ## format Python and TypeScript in place
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	cd $(LAB) && $(BIN)/jlpm run format

clean: ## remove the environment and everything that was built
	rm -rf $(VENV) dist build course_kit/apps/labextension $(LAB)/lib $(LAB)/node_modules $(LAB)/tsconfig.tsbuildinfo
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find course_kit tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "course-kit needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# pip builds the panel and puts it where JupyterLab looks
$(VENV)/.installed: $(VENV)/pyvenv.cfg pyproject.toml course_kit/__init__.py $(wildcard course_kit/apps/settings/*) $(PANEL)
	@echo "Installing course-kit and what it needs into $(VENV), and building the panel: two to four minutes."
	$(BIN)/pip install --quiet --editable ".[grading,course]"
	@touch $@

# the panel was built a line above, so that this only adds the tools
$(VENV)/.testable: $(VENV)/.installed
	SKIP_JUPYTER_BUILDER=1 $(BIN)/pip install --quiet --editable ".[test]"
	@touch $@

$(VENV)/.panel: $(VENV)/.testable
	cd $(LAB) && $(BIN)/jlpm install --immutable
	@touch $@
