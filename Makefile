# labcoat's own Makefile: a consumer of the include like any other, and of its example's targets.

help: # the default goal

include src/lib/include.python.mk
include examples/catsdogs/catsdogs.mk

##@ This repository

demo: venv ## from nothing to a trained example on generated pictures, in the locked virtual environment
	@$(MAKE) --no-print-directory train DATA=synthetic IN=venv

test: venv ## all tests; those that need Docker are left out, and named, where there is none
	@$(LABCOAT_BIN)/python -m pytest

lint: venv ## style, types, and the order of the packages
	@$(LABCOAT_BIN)/ruff check .
	@$(LABCOAT_BIN)/ruff format --check .
	@$(LABCOAT_BIN)/mypy
	@PYTHONPATH=src/lib $(LABCOAT_BIN)/lint-imports --no-cache

.PHONY: demo test lint
