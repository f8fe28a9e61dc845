# Everything a developer or a stranger types; `make help` lists it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON ?= python3
PYTEST ?=
BENCH ?=
FUZZ ?=
SHOTS ?=
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help demo test bench bench-page bench-detection fuzz screenshots format check-format lint types contracts tests clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: .venv/installed ## analyse sample_logs and write report.html
	$(BIN)/loganalyzer analyze sample_logs/nginx sample_logs/apache sample_logs/cloudflare sample_logs/cisco_wsa -o report.html
	@echo "Open in a browser: file://$(CURDIR)/report.html"

test: check-format lint types contracts tests ## format, lint, types, import contracts and every test

bench: .venv/installed ## time and memory beside GoAccess and logswan; BENCH="--large" for 10,000,000 lines
	@$(BIN)/python -m tests.benchmarks.run $(BENCH)

bench-page: .venv/installed-test ## what the sample page weighs and when it is drawn; BENCH="--loads 3 --heaviest"
	@$(BIN)/python -m tests.benchmarks.page $(BENCH)

bench-detection: .venv/installed-test ## what detection reaches of its goals; BENCH="--look" for a short look
	@$(BIN)/python -m tests.detection.run $(BENCH)

fuzz: .venv/installed-test ## ten minutes of broken input in every way; FUZZ="--seconds 60 --seed 7" or FUZZ="--again FILE"
	@$(BIN)/python -m tests.fuzz.run $(FUZZ)

screenshots: .venv/installed-test ## pictures of the sample report: desktop, phone, dark, Korean, print; SHOTS="--to DIR"
	@$(BIN)/python -m tests.screenshots.run $(SHOTS)

format: .venv/installed-test ## rewrite the code in the one format
	$(BIN)/ruff format .

check-format: .venv/installed-test
	$(BIN)/ruff format --check .

lint: .venv/installed-test ## ruff, all rules
	$(BIN)/ruff check .

types: .venv/installed-test ## mypy, strict
	$(BIN)/mypy

contracts: .venv/installed-test ## who may import whom
	$(BIN)/lint-imports --no-logo

# One file of tests stays in one process: its fixtures (a browser, a parsed corpus) are made once.
tests: .venv/installed-test ## the tests alone; PYTEST="-k nginx" chooses
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(PYTEST)

clean: ## remove what make and the tools made
	rm -rf .venv .bench .fuzz screenshots .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache report.html

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -m venv --clear .venv \
		|| { echo "No virtual environment could be made; on Debian: apt-get install python3-venv" >&2; exit 2; }
	@touch $@

.venv/installed: .venv/made pyproject.toml constraints.txt
	@echo "Installing into .venv"
	@$(INSTALL) -e .
	@touch $@

.venv/installed-test: .venv/made pyproject.toml constraints.txt
	@echo "Installing into .venv, with what the tests need"
	@$(INSTALL) -e '.[test]'
	@$(INSTALL) --no-deps axe-playwright-python  # for its copy of axe-core; selenium runs it, not playwright
	@touch .venv/installed $@
