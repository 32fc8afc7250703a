# The commands of everyday work; `make` alone says what they are.

.DEFAULT_GOAL := help
.NOTPARALLEL:
# Where Python may not keep what it compiled, each of the thousand commands that the tests run compiles the program anew.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo check test bench lock program tools browser style

help: ## say what each command does
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s  %s\n", $$1, $$2 }' Makefile

demo: program ## watch the whole job in ./newsletter-demo, then read the pages until Ctrl-C (ONCE=1: stop after the send)
	@.venv/bin/newsletter demo $${ONCE:+--once}

check: style ## format, lint, types and the house test: what every commit has to pass
	.venv/bin/python -m pytest -q tests/unit/test_house.py

# Three workers, on two cores too: they wait for relays and children. One file each: its tests share a server or a database.
# In their order: the acceptance tests take longest, and one that begins last would leave the other workers idle.
test: browser style ## everything: the checks above, then all tests, with warnings as errors
	.venv/bin/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

bench: tools ## measure what there is to measure, each against its yardstick
	.venv/bin/python -m bench

lock: ## write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --quiet \
		--no-emit-index-url --no-annotate --no-header --output-file requirements.lock

style: tools
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

program:
	@sh .ci/setup program

tools:
	@sh .ci/setup tools

browser: tools
	@sh .ci/setup browser
