# labcoat's own Makefile: a consumer of the include like any other, and of its example's targets.

help: # the default goal

include src/lib/include.python.mk
include examples/catsdogs/catsdogs.mk

# labcoat's own tests and checks run in an environment of their own, which has nothing of the example: no TensorFlow.
_tests_venv := tests/.venv
_tests_python := $(_tests_venv)/bin/python
LABCOAT_CLEAN += $(if $(filter distclean labcoat-distclean,$(MAKECMDGOALS)),$(_tests_venv))

##@ This repository

demo: venv ## from nothing to a trained example on generated pictures, in the locked virtual environment
	@$(MAKE) --no-print-directory train DATA=synthetic IN=venv

test: tests-venv venv ## all tests; those that need Docker are left out, and named, where there is none
	@$(_tests_python) tests/run.py $(LABCOAT_BIN)/python

test-fast: tests-venv ## in a minute: the tests that need no Docker, no package index and no TensorFlow
	@$(_tests_python) tests/run.py --fast

lint: tests-venv ## style, types, the order of the packages, plain English
	@$(_tests_venv)/bin/ruff check .
	@$(_tests_venv)/bin/ruff format --check .
	@$(_tests_venv)/bin/mypy
	@PYTHONPATH=src/lib $(_tests_venv)/bin/lint-imports --no-cache
	@$(_tests_python) tests/support/plain_english.py
	@$(_tests_python) tests/support/shell_scripts.py

tests-venv: ## the environment of labcoat's own tests and checks: tests/.venv
	@$(MAKE) -s --no-print-directory venv LABCOAT_VENV=$(_tests_venv) LABCOAT_REQUIREMENTS=requirements-test.txt \
	  LABCOAT_DEV_REQUIREMENTS= LABCOAT_VARIANT=

.PHONY: demo test test-fast lint tests-venv
