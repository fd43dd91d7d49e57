# `make demo` runs the main job, `make test` passes the tests; each sets up .venv by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ORDERS ?= 500
SEED ?= 1

# Programs start in half the time where they find themselves compiled; the tests start more than a hundred.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test check bench generate format constraints clean

setup: $(VENV)/installed

$(VENV)/installed: constraints.txt pyproject.toml contracts/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Crossdock needs Python 3.11 or newer; set PYTHON=/path/to/it")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e contracts -e .
	touch $@

demo: setup
	$(BIN)/crossdock demo --orders $(ORDERS) --seed $(SEED)

test: setup
	$(BIN)/python -m pytest tests -n 3 --dist loadfile

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/crossdock contracts check
	$(BIN)/python -m tests.documents

bench: setup
	$(BIN)/crossdock bench

generate: setup
	$(BIN)/python -m crossdock_contracts.generate contracts
	$(BIN)/python -m tests.documents --write

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Pin anew what the two pyproject.toml ask for; what is pinned already stays as long as it is allowed. Needs the tool uv.
PIN := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header

constraints: setup
	$(BIN)/python -m tests.requirements dev | $(PIN) - -o constraints.txt
	$(BIN)/python -m tests.requirements carriers | $(PIN) - -c constraints.txt -o deploy/constraints.txt

clean:
	rm -rf $(VENV) .crossdock .mypy_cache .ruff_cache .pytest_cache .hypothesis
