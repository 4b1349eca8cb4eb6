# Each target sets up .venv by itself; a second call is quick. Another interpreter: make test PYTHON=python3.12
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check install -c constraints.txt
PYTEST := $(BIN)/python -m pytest -q

.PHONY: demo test proof bench lint safety-doc clean

demo: $(VENV)/.run  ## a short 2/100 Hz session on the simulator
	@$(BIN)/eastim demo

test: lint  ## everything: lint, types, contracts, tests with coverage, walks, drills, and a share of each proof
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -q -n 2 -m "not drill"
	@$(BIN)/coverage combine -q
	@$(BIN)/python -m tools.coverage_gate
	@$(PYTEST) -m drill
	@$(BIN)/python -m proof --bounded

proof: $(VENV)/.dev  ## the long proofs behind docs/safety.md, as one table; what has held is not run again
	@$(BIN)/python -m proof

bench: $(VENV)/.dev  ## ratios and times, measured in one run
	@$(BIN)/python -m benchmarks

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo > $(VENV)/.contracts 2>&1 || { cat $(VENV)/.contracts; exit 1; }

safety-doc: $(VENV)/.dev  ## render docs/safety.md again
	@$(BIN)/python -m tools.render_safety

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build

# Another PYTHON than the venv's own makes the venv anew.
ifneq ($(wildcard $(VENV)/.made),)
ifneq ($(shell $(PYTHON) -c 'import sys; print(sys.version_info[:3])'),$(shell $(BIN)/python -c 'import sys; print(sys.version_info[:3])'))
.PHONY: $(VENV)/.made
endif
endif

# The folder first, then what it holds: an interpreter that is too old, or without venv, is said so at once.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "eastim needs Python 3.11 or newer; name one: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) \
		|| { echo "$(PYTHON) has no venv module; install it (on Debian: python3-venv)" >&2; exit 1; }
	@touch $@

$(VENV)/.run: $(VENV)/.made pyproject.toml constraints.txt
	@echo "setting up $(VENV)"
	@$(PIP) -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml constraints.txt
	@echo "setting up $(VENV) for development"
	@$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.run
