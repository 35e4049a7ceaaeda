# The same here and in CI. What stands behind ## is what `make help` says of a target.
PYTHON ?= python3
DEMO ?=
BENCH ?=
START ?=
SEED ?= 1
SET ?= build/mutants-$(SEED).json
RUN ?=
ATTACK ?=
FUZZ ?=
FIRST_DAY ?=
PYTEST ?=
BIN := .venv/bin
READY := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test test-slow check format lock faults mutants attack fuzz first-day bench bench-turns bench-burst bench-start desk-bench routes understanding train clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(READY) ## everything into .venv; the other targets do it where it is needed

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Kvitt needs Python 3.11 or newer: set PYTHON=python3.11" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the pinned parts into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: install ## a sample clinic in the terminal, then on a page (DEMO=--no-serve: the terminal alone)
	@$(BIN)/kvitt demo $(DEMO)

test: install ## the quick tier: what every change must pass
	$(BIN)/python -m pytest -n auto -m "not slow" $(PYTEST)

test-slow: install ## the slow tier: the simulator, killed processes, the explorer, browsers, the second database
	$(BIN)/python -m pytest -n auto -m slow $(PYTEST)

check: install ## what must be in order: format, lint, types, which room may import which
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet tests

format: install ## put the format in order, and what lint can fix by itself
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .

bench: install ## rates and ratios on a large book (BENCH='--accounts 100000 --due 10000')
	$(BIN)/python -m benchmarks $(BENCH)

bench-turns: install ## texts acknowledged and answered, beside a floor that only stores them (BENCH='--people 40')
	$(BIN)/python -m benchmarks.turns $(BENCH)

bench-burst: install ## a burst of 2,000 texts beside a due run of 20,000 (BENCH='--sending live')
	$(BIN)/python -m benchmarks.turns --people 400 --due 20000 $(BENCH)

bench-start: install ## how long commands take to start, in times of loading SQLAlchemy (START='--rounds 5')
	$(BIN)/python -m benchmarks.start $(START)

routes: install ## every address of the desk for every role, and 20,000 forms of any shape (KVITT_DESK_FORMS=100)
	KVITT_DESK_FORMS=$${KVITT_DESK_FORMS:-20000} $(BIN)/python -m pytest -n auto tests/bot/desk/test_desk_routes.py $(PYTEST)

desk-bench: install ## what the desk reads, on a book of 10,000 people (BENCH='--scale 10' for 100,000; --only sqlite)
	$(BIN)/python -m benchmarks.desk $(BENCH)

faults: install ## kill sending workers at random, two hundred rounds
	KVITT_FAULT_ROUNDS=200 $(BIN)/python -m pytest -n 0 tests/test_killed_worker.py

mutants: install $(SET) ## which small faults, drawn by a seed, the tests catch (SEED=2, SET=FILE, RUN='--files 12')
	$(BIN)/python -m tests.mutation run $(SET) --out $(SET:.json=-results.json) $(RUN)

attack: install ## a hundred thousand attempts to be taken for a customer, at every entrance (ATTACK='--days 10 --least 0')
	@$(BIN)/python -m tests.attack $(ATTACK)

fuzz: install ## a million hostile inputs, 50,000 whole turns beside them (FUZZ='--seed 2 --turns 500 --inputs 10000')
	@$(BIN)/python -m tests.fuzz $(FUZZ)

first-day: install ## a newcomer's first day from a fresh clone, between made-up providers (FIRST_DAY='--only clinic')
	@$(BIN)/python -m tests.first_day $(FIRST_DAY)

build/mutants-%.json: | install
	@mkdir -p $(@D)
	@$(BIN)/python -m tests.mutation draw --seed $* --count 40 > $@.new && mv $@.new $@

understanding: install ## how well each language is understood (DATA=clinc150_dev.csv)
	@$(BIN)/python -m tests.messages.understanding.measure $(DATA)

train: install ## the weights of the learned reader, from the lines of messages/<language>/said
	@$(BIN)/python -m messages.understanding.learned.training

lock: install ## the newest versions of all parts into requirements.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 --extra dev pyproject.toml -o requirements.lock
	@! grep -nE '(https?|file)://' requirements.lock

clean: ## remove .venv and what tools keep
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
