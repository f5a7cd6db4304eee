# One word for each chore; CI says the same words.
PYTHON ?= python3
BIN := .venv/bin
# TensorFlow without its GPU libraries where there is no GPU to use them
TENSORFLOW := $(shell if [ "$$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null 2>&1; then echo tensorflow-cpu; else echo tensorflow; fi)

.PHONY: demo test test-all check bench peers figures gallery wheel clean help

help:            ## these words
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: .venv/ready  ## open the shipped network on real images and write inward-demo/report.html
	$(BIN)/inward demo

test: .venv/dev  ## every test but the slow ones
	$(BIN)/pytest -q -m "not slow"

test-all: .venv/dev  ## every test, the slow ones too
	$(BIN)/pytest -q

check: .venv/dev tests/browser/node_modules/ready  ## ruff, and strict typing of Python and of the page's scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	tests/browser/node_modules/.bin/tsc -p tests/browser

bench: .venv/dev  ## measure speed and memory; writes docs/benchmarks.md
	$(BIN)/python -m benchmarks

peers: .venv/dev build/peers/ready  ## the same maps by Captum, Xplique and PAIR saliency; needs CIFAR-10; writes docs/peers.md
	$(BIN)/python -m benchmarks.peers

figures: .venv/dev  ## every figure and picture of the shipped weights anew; needs CIFAR-10 (INWARD_DATA)
	$(BIN)/python -m figures

gallery: .venv/dev  ## every view of fixed images into docs/gallery, for review with the eye
	$(BIN)/python -m figures.gallery

wheel: .venv/dev  ## build dist/inward-*.whl
	$(BIN)/python -m build --wheel

clean:           ## forget the environment and everything built
	rm -rf .venv dist build tests/browser/node_modules inward-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

# What checks the page; the page itself needs none of it. Without npm the check of the scripts fails and says so.
tests/browser/node_modules/ready: tests/browser/package.json tests/browser/package-lock.json
	cd tests/browser && npm ci --no-audit --no-fund
	touch $@

build/peers/ready: benchmarks/peers/torch.txt benchmarks/peers/tensorflow.txt
	for name in torch tensorflow; do \
	  $(PYTHON) -m venv build/peers/$$name && \
	  build/peers/$$name/bin/python -m pip install --quiet --no-deps -r benchmarks/peers/$$name.txt || exit 1; \
	done
	touch $@

.venv/ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("inward needs Python 3.11 or later: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[$(TENSORFLOW),samples]'
	touch $@

.venv/dev: .venv/ready constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$(TENSORFLOW),torch,jax,tensorboard,samples,dev]'
	touch $@
