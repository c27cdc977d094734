# `make help` lists the targets. Two are for everybody: `make demo` and `make test`.
V := .venv
PY := $(V)/bin/python
PIP := $(V)/bin/pip --disable-pip-version-check
BASE_PYTHON ?= python3

.PHONY: demo test check bench bench-pages bench-compare soak reliability lint types messages assets lock help
.DEFAULT_GOAL := help

$(V)/.run: requirements.lock pyproject.toml
	$(BASE_PYTHON) -m venv $(V)
	$(PIP) install -qq --require-hashes -r requirements.lock
	$(PIP) install -qq --no-deps --no-build-isolation -e .
	touch $@

$(V)/.dev: requirements-dev.lock $(V)/.run
	$(PIP) install -qq --require-hashes -r requirements-dev.lock
	touch $@

demo: $(V)/.run ## start a demo year: server, background work, real content, named accounts
	@$(V)/bin/lms demo $(ARGS)

test: $(V)/.dev ## every test that can run here; says what it skipped and why
	$(PY) -m pytest -n auto $(ARGS)

check: $(V)/.dev ## all that must hold before a change lands, with minutes per part
	@$(PY) -m tests.tools.check

lint: $(V)/.dev ## style, import contracts, templates
	$(V)/bin/ruff check lms tests migrations benchmarks
	$(V)/bin/ruff format --check lms tests migrations benchmarks
	$(V)/bin/lint-imports
	$(V)/bin/djlint --check --lint lms

types: $(V)/.dev ## mypy, strict
	$(V)/bin/mypy

messages: $(V)/.dev ## extract, merge and compile the catalogues
	$(PY) -m tests.tools.messages

assets: $(V)/.dev ## hash and compress style sheet and script into lms/web/static/dist
	$(PY) -m tests.tools.assets

bench: $(V)/.dev ## requests/s, time, CPU, memory per page against two floors, as a table: an hour and more with up to 10,000 people, minutes with ARGS=--quick
	$(PY) -m benchmarks $(ARGS)

bench-pages: $(V)/.dev ## statements, bytes and CPU per page in three languages, as a table
	$(PY) -m benchmarks.pages $(ARGS)

bench-compare: $(V)/.dev ## changes between two results: ARGS="OLD.json NEW.json"
	$(PY) -m benchmarks.compare $(ARGS)

soak: $(V)/.dev ## the server is killed while people work; then half an hour of 240 people (shorter: ARGS="--minutes 3 --people 60")
	$(PY) -m pytest -n 0 -s -o addopts=-q tests/soak
	$(PY) -m benchmarks.soak $(ARGS)

reliability: $(V)/.dev ## fault programs with 24 people on both databases, tens of minutes (one: ARGS="--only R6"); writes docs/reliability.md
	$(PY) -m benchmarks.reliability $(ARGS)

lock: ## pin the dependencies anew (needs uv)
	uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml -o requirements.lock
	uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --group dev --all-extras -c requirements.lock pyproject.toml -o requirements-dev.lock

help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16
