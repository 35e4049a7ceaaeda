# make install | demo | test | check | lock | faults | mutants | understanding: the same here and in CI.
# make mutants: small faults drawn by a seed over billing, handlers and storage, and whether the tests catch each, in
# build/. SEED=2 draws others, SET=FILE takes a set drawn earlier, RUN='--files 12' looks further (--help has the rest).
PYTHON ?= python3
DEMO ?=
BENCH ?=
SEED ?= 1
SET ?= build/mutants-$(SEED).json
RUN ?=
BIN := .venv/bin
READY := .venv/.installed

.PHONY: install demo test check format lock faults mutants bench understanding clean

install: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Kvitt needs Python 3.11 or newer: set PYTHON=python3.11" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the pinned parts into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: install
	@$(BIN)/kvitt demo $(DEMO)

test: install
	$(BIN)/python -m pytest -n auto

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet tests

format: install
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .

bench: install
	$(BIN)/python -m benchmarks $(BENCH)

faults: install
	KVITT_FAULT_ROUNDS=200 $(BIN)/python -m pytest -n 0 tests/test_killed_worker.py

mutants: install $(SET)
	$(BIN)/python -m tests.mutation run $(SET) --out $(SET:.json=-results.json) $(RUN)

build/mutants-%.json: | install
	@mkdir -p $(@D)
	@$(BIN)/python -m tests.mutation draw --seed $* --count 40 > $@.new && mv $@.new $@

understanding: install
	@$(BIN)/python -m tests.messages.measure $(DATA)

lock: install
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 --extra dev pyproject.toml -o requirements.lock
	@! grep -nE '(https?|file)://' requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
