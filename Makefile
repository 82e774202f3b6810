# The front door. `make help` lists what there is.

PYTHON ?= python3
ACCOUNTS ?= 5000
PORT ?= 8000
CITY ?=
MINUTES ?= 30
FULL ?=
BIN := .venv/bin
# The same order and the same made-up cases every time.
SEED := 20260101

.PHONY: help setup setup-test run stop test check fix bench prove soak pins

help:
	@grep -E '^## ' Makefile | sed 's/^## /  make /'

## setup        what the office needs: system packages, .venv, front-end libraries
setup:
	@$(PYTHON) scripts/setup.py run

## setup-test   the same, with the test tools and a browser
setup-test:
	@$(PYTHON) scripts/setup.py test

## run          [ACCOUNTS=5000] [PORT=8000] [CITY=name] the office with a demo city; Ctrl-C stops it
run:
	@exec $(PYTHON) scripts/run.py start "--port=$(PORT)" "--accounts=$(ACCOUNTS)" "--city=$(CITY)"

## stop         [CITY=name] stop a running office from elsewhere
stop:
	@exec $(PYTHON) scripts/run.py stop "--city=$(CITY)"

## test         every test, with small counts and fixed seeds; skips are listed last
test: setup-test
	@$(BIN)/python -m pytest -n 2 --dist worksteal -p "randomly" --randomly-seed=$(SEED) -q

## check        lint, types, contracts, migrations, deployment settings, docs
check: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	OFFICE_HTTPS=1 OFFICE_DEBUG=0 $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py state_diagrams --check
	$(BIN)/python scripts/check_docs.py

## fix          put the code into the agreed format
fix: setup-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## prove        every invariant of the books
prove: setup
	@$(BIN)/python manage.py prove

## bench        [FULL=1] benchmarks, with floors measured in the same run
bench: setup-test
	@$(BIN)/python -m bench $(if $(FULL),--full)

## soak         [MINUTES=30] the large counts: kills, races, fuzz
soak: setup-test
	@$(BIN)/python -m bench.soak --minutes $(MINUTES)

## pins         resolve requirements/*.in again (needs uv); leaves no address of any index
pins:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make pins" requirements/dev.in -o requirements/dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make pins" -c requirements/dev.txt requirements/base.in -o requirements/base.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make pins" requirements/node.in -o requirements/node.txt
