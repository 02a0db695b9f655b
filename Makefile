# Large Models Lab. `make help` lists what can be made.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export PYTHONDONTWRITEBYTECODE :=
export PYTHONUTF8 := 1
# what a user's own settings would change here: where packages go, and what Python sees
export PIP_USER := 0
unexport PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV PYTHONPATH PYTHONHOME
unexport UV_SYSTEM_PYTHON UV_PYTHON UV_TARGET UV_PREFIX UV_PROJECT_ENVIRONMENT UV_BREAK_SYSTEM_PACKAGES

# the newest that runs (a name alone may be a shim without a Python behind it)
PYTHON ?= $(firstword $(foreach v,3.13 3.12 3.11,$(shell python$(v) -c "import ensurepip" >/dev/null 2>&1 && echo python$(v))) python3)
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/python -m uv
READY := $(VENV)/.ready
LIB := book/assets/lib/.ready
BENCH := .venv-bench/.ready
BACKENDS := .venv-backends/.ready
HUB := .venv-hub/.ready
LABS := _build/labs/.ready
HTML := _build/html
N ?= $(sort $(wildcard notebooks/*.ipynb notebooks/*/*.ipynb labs/*/lab.ipynb tests/labs/*/lab.ipynb))
WORKERS ?= 2

# Sphinx copies a changed script or style only with a page, so the second command copies them all
BUILD = $(BIN)/jupyter-book build . --warningiserror --keep-going --quiet >/dev/null \
  && cp -R book/assets/. $(HTML)/_static/ && mkdir -p $(HTML)/_static/labs \
  && cp _build/labs/release/*/*.ipynb $(HTML)/_static/labs/

PROVE = $(BIN)/pytest --quiet --durations=10 --durations-min=1 --numprocesses=$(WORKERS)
# what failed beside other tests has one more run without them: a busy machine is no fault of the book
AGAIN = { echo "Once more, one after the other:"; \
  $(BIN)/pytest --quiet --last-failed --last-failed-no-failures=none --numprocesses=0 $(1); }

.PHONY: pretrain pretrain-bert pretrain-gpt help setup book serve lab labs notebooks sweeps review test test-backends bench bench-page lock clean node_modules hub

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) $(LIB) ## the Python environment and the scripts of the pages
	@$(BIN)/python tools/jupyterlab_files.py
	@$(BIN)/python tools/check_machine.py

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) tools/check_python.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(LIB): package-lock.json tools/front_end.py $(if $(wildcard node_modules/axe-core),,node_modules) | $(READY)
	$(BIN)/python tools/front_end.py
	@touch $@

book: setup $(LABS) ## the HTML book; the last line is the path of its first page
	$(BUILD)
	@echo "$(CURDIR)/$(HTML)/index.html"

serve: book ## the book on http://localhost:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(HTML) 8000

lab: setup ## JupyterLab on the notebooks; with arguments: make lab LAB_ARGS=--no-browser
	@$(BIN)/python tools/lab.py $(N) -- $(LAB_ARGS)

notebooks: $(READY) ## execute, clean and check notebooks; one: N=notebooks/4_innovation/3_code.ipynb
	$(BIN)/ruff format --quiet $(N)
	$(BIN)/python -m lmlab.authoring.execute $(N)
	$(BIN)/python -m lmlab.authoring.parts
	$(BIN)/python -m lmlab.authoring.coverage
	$(BIN)/python -m lmlab.authoring.sweeps --page
	$(BIN)/python -m lmlab.authoring.hygiene $(N)

sweeps: $(READY) ## run claims over their grids where the stored values are stale; one: N=notebooks/…
	$(BIN)/python -m lmlab.authoring.sweeps $(N)
	$(BIN)/python -m lmlab.authoring.sweeps --page

labs: $(LABS) ## the students' notebooks of the classroom labs, in _build/labs

$(LABS): $(wildcard labs/*/lab.ipynb) | $(READY)
	for lab in labs/*/; do $(BIN)/python -m lmlab.labs release $$lab --course _build/labs; done
	@touch $@

review: $(READY) ## what changed in the notebooks, as text
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "make review compares with git, and this folder is no repository"; exit 1; }
	git -c diff.ipynb.textconv="$(BIN)/jupytext --to py:percent --output - --quiet" diff -- '*.ipynb'

test: setup $(LABS) ## the whole proof: lint, notebooks, package, the built book in a browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BUILD)
	$(PROVE) --nbval --nbval-current-env --nbval-cell-timeout=240 \
	  --nbval-kernel-startup-timeout=240 --dist=loadfile \
	  --no-loadscope-reorder $$($(BIN)/python -m lmlab.authoring.execute --longest-first $(N))
	$(PROVE) --dist=loadfile tests --ignore=tests/test_book.py || $(call AGAIN,tests)
	$(PROVE) --dist=loadgroup -m "not alone" tests/test_book.py || $(call AGAIN,tests/test_book.py)
	$(PROVE) --numprocesses=0 -m alone tests/test_book.py

test-backends: $(BACKENDS) ## the chapters that run on JAX and PyTorch too, there; for a night, half an hour
	.venv-backends/bin/python -m lmlab.authoring.backends $(if $(filter command,$(firstword $(origin N))),$(N))

$(BACKENDS): requirements.txt requirements-backends.txt | $(READY)
	$(UV) venv --quiet --allow-existing --python $(BIN)/python .venv-backends
	$(UV) pip sync --quiet --require-hashes --python .venv-backends \
	  requirements.txt requirements-backends.txt
	$(BIN)/python -m pip --python .venv-backends install --quiet --no-deps --retries 0 \
	  --extra-index-url https://download.pytorch.org/whl/cpu torch==2.13.0
	$(UV) pip install --quiet --no-deps --no-build-isolation --python .venv-backends --editable .
	@touch $@

bench: $(BENCH) ## speed against PyTorch, KerasHub, llama.cpp; writes book/performance.md (half an hour)
	.venv-bench/bin/python bench/gpt.py
	.venv-bench/bin/python bench/smollm2.py

bench-page: ## how soon a page can be read and answers, on a slow line and processor
	$(BIN)/python bench/reading.py

$(BENCH): requirements-bench.txt | $(READY)
	$(UV) venv --quiet --allow-existing --python $(BIN)/python .venv-bench
	$(UV) pip sync --quiet --require-hashes --python .venv-bench requirements-bench.txt
	$(BIN)/python -m pip --python .venv-bench install --quiet --no-deps --retries 0 \
	  --extra-index-url https://download.pytorch.org/whl/cpu torch==2.13.0
	$(UV) pip install --quiet --no-deps --python .venv-bench --editable .
	@touch $@

hub: $(HUB) ## a JupyterHub on this machine, for a try; two users
	$(HUB:.ready=bin)/jupyterhub --config deploy/local/jupyterhub_config.py

$(HUB): deploy/local/requirements.txt deploy/local/package-lock.json | $(READY)
	$(UV) venv --quiet --allow-existing --python $(BIN)/python .venv-hub
	$(UV) pip sync --quiet --require-hashes --python .venv-hub deploy/local/requirements.txt
	cp deploy/local/package.json deploy/local/package-lock.json .venv-hub
	npm ci --silent --prefix .venv-hub
	@touch $@

lock: $(READY) ## write requirements*.txt anew from the .in files
	for name in requirements requirements-node requirements-backends requirements-bench deploy/local/requirements; do \
	  $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    $$name.in --output-file $$name.txt; done

pretrain: pretrain-bert pretrain-gpt ## train anew the models whose weights the book keeps

pretrain-bert: $(READY) ## the masked model of chapter 4.4 and its twin; ten minutes of one core
	$(BIN)/python -m lmlab.models.pretrain_bert

pretrain-gpt: $(READY) ## the larger GPT of chapter 5.3; a run that was stopped goes on
	$(BIN)/python -m lmlab.models.pretrain_gpt

clean: ## remove what was built; the environment stays
	rm -rf _build book/assets/lib
