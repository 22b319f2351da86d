# Entry points for people; the work is done by scripts/. Nothing has to be installed by hand first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench clean

# Programs of the environment that `make setup` made.
env := . ./env.sh &&
sources := benchmarks launch reason_seg_ros scripts setup.py test

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

setup: ## Install what is missing and build (uses a sourced ROS 2; PYTHON=... names the interpreter)
	@scripts/setup.sh

demo: setup ## A simulated camera, instructions of seven kinds, 3D answers in outputs/demo (VIEW=1: also in the browser)
	@$(env) reason-seg demo $(if $(filter-out 0 no false,$(VIEW)),--view)

test: setup ## All tests (ARGS="-k words" chooses)
	@$(env) python3 -m pytest $(ARGS)

lint: setup ## Style, format and types
	@$(env) ruff check $(sources)
	@$(env) ruff format --check $(sources)
	@$(env) mypy reason_seg_ros

bench: setup ## Measure and write benchmarks/RESULTS.md
	@$(env) python3 -m benchmarks

clean: ## Remove what was built and installed here, outputs included
	rm -rf .venv build install log outputs .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
