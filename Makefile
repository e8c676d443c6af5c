# Targets print themselves: a line `target: ... ## what it does` is its help.
.DEFAULT_GOAL := help
.PHONY: help install book test slow fuzz expected bench pictures pdf lint format new-paper environment \
  clean distclean
.DELETE_ON_ERROR:

BIN := .venv/bin
UV := VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/python -m uv pip install --quiet --compile-bytecode
SNAKEMAKE_FLAGS := --cores 2 --rerun-incomplete --quiet all

# A name on the path may be a shim that runs nothing, so each is tried.
FIND_PYTHON = for p in python3.13 python3.12 python3.11 python3; do \
	  $$p -c 'import sys, venv, ensurepip; assert (3, 11) <= sys.version_info < (3, 14)' \
	    >/dev/null 2>&1 && echo $$p && break; done

help: ## print this
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1@/' | \
	  while IFS=@ read -r target text; do printf '  make %-12s %s\n' "$$target" "$$text"; done

install: .venv/installed ## make .venv with the pinned packages

.venv/installed: constraints.txt pyproject.toml scorecheck/pyproject.toml
	@test -x $(BIN)/python || { python=$$($(FIND_PYTHON)); \
	  test -n "$$python" || { echo "make: no Python 3.11 to 3.13 with venv on the path:" \
	    "install one (on Debian: python3 and python3-venv)" >&2; exit 2; }; \
	  echo "making .venv with $$($$python --version)"; $$python -m venv .venv; }
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet uv
	@echo "installing the pinned packages"
	@$(UV) -r constraints.txt || $(BIN)/python -m pip install --quiet -r constraints.txt
	@$(UV) --no-deps --no-build-isolation -e ./scorecheck -e .
	@touch $@

book: .venv/installed ## install, make phantoms, execute the notebooks quickly, build the site
	@$(BIN)/snakemake site $(SNAKEMAKE_FLAGS)
	@echo "The site is at $(CURDIR)/_build/html/index.html"

test: book ## the same set-up, then lint, unit, notebook and site tests
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

slow: book ## the tests that train for longer: own networks, other seeds, JAX, killed trainings
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

fuzz: .venv/installed ## 500 mutations of each kind of input, instead of the 20 of `make test`
	FUZZ=500 $(BIN)/python -m pytest tests/fuzz

expected: book ## keep what the notebooks print everywhere, for tests (say why in the commit)
	$(BIN)/python tests/notebooks/make_expected.py

bench: .venv/installed ## timings as ratios against other tools
	$(BIN)/python -m benchmarks

pictures: .venv/installed ## each page of the built site as a picture, light and dark (Chromium)
	$(BIN)/python tests/site/pictures.py

pdf: ## the pages as one PDF (Chromium)
	@{ command -v chromium || command -v chromium-browser; } >/dev/null || { \
	  echo "make pdf: Chromium prints the pages: install it (on Debian: chromium)" >&2; exit 2; }
	@$(MAKE) --no-print-directory book
	$(BIN)/python tests/site/pdf.py

lint: .venv/installed ## check the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: .venv/installed ## format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

new-paper: .venv/installed ## begin the page of another paper: make new-paper NAME=08_wang2026
	@$(BIN)/python -m busutils new-paper $(NAME)

environment: ## write the pins of constraints.txt into environment.yml
	@{ sed '/- pip:/q' environment.yml; sed 's/.*/      - "&"/' constraints.txt; } > .environment
	@mv .environment environment.yml

clean: ## remove the built site and the pages of local runs (runs stay)
	rm -rf _build book/local .snakemake

distclean: clean ## remove .venv, phantoms, caches and all runs too
	rm -rf .venv data/phantom runs .pytest_cache .ruff_cache .hypothesis busutils.egg-info \
	  scorecheck/build scorecheck/src/scorecheck.egg-info
