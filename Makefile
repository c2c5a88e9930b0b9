# Every verb of the project. `make` alone lists them.

HOST ?= 127.0.0.1
PORT ?= 8765
OPEN ?= 1
ARGS ?=

# The first Python that is new enough; PYTHON=... picks another one.
SUITS = import sys; raise SystemExit(sys.version_info < (3, 11))
PYTHON ?= $(or $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
  $$p -c '$(SUITS)' 2>/dev/null && echo $$p && break; done),$(error Python 3.11 or newer is needed \
  and none was found: install it (on Debian: apt install python3 python3-venv) and run make again))
BOOTSTRAP = $(PYTHON) tools/bootstrap.py
STAGES = .venv/bin/python tools/stages.py

.DEFAULT_GOAL := help
.PHONY: help setup build play test lint format check test-python test-wasm test-web parity e2e bench clean

help: ## list these verbs
	@echo 'make VERB [PORT=8765] [HOST=127.0.0.1] [OPEN=0] [ARGS="-k name"]'
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r verb text; do \
	  printf '%-14s %s\n' "$$verb" "$$text"; done

setup: ## make .venv and web/node_modules, with what development needs
	@$(BOOTSTRAP) setup

build: ## gather the browser's Python and build the page
	@$(BOOTSTRAP) build

play: ## set up what is missing, start the server and open the page
	@$(BOOTSTRAP) play --host '$(HOST)' --port '$(PORT)' $(if $(filter 0 no false,$(OPEN)),--no-open,--open)

test: ## everything below, from lint to e2e, with the totals
	@$(BOOTSTRAP) test
	@$(STAGES)

lint: setup ## ruff and prettier
	@$(STAGES) lint

format: setup ## let ruff and prettier format the code
	@$(STAGES) format

check: setup ## types: mypy and svelte-check
	@$(STAGES) check

test-python: setup ## Python tests (ARGS goes to pytest)
	@$(STAGES) test-python $(ARGS)

test-wasm: ## the engine's tests inside Pyodide, on Node
	@$(BOOTSTRAP) wasm
	@$(STAGES) test-wasm $(ARGS)

test-web: setup ## unit tests of the page
	@$(STAGES) test-web $(ARGS)

parity: setup ## compare with PyTorch over its own test databases; writes docs/compatibility.md
	@.venv/bin/python tools/parity.py $(ARGS)

e2e: ## end-to-end tests in real browsers (ARGS goes to pytest)
	@$(BOOTSTRAP) e2e
	@$(STAGES) e2e $(ARGS)

bench: setup ## measure; results go to results/
	@$(STAGES) bench $(ARGS)

clean: ## remove what was built and cached, not .venv
	rm -rf .cache results web/dist web/public/runtime web/node_modules
