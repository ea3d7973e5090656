# Everything runs in a virtual environment of its own: `make demo` and `make test` are all the set-up there is.
VENV   ?= .venv
PYTHON ?= python3
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEMO   ?= demo-release

export OMP_NUM_THREADS = 1

.PHONY: help demo test check fuzz format docs refresh release train evaluate benchmarks clean

help:
	@echo "make demo      environment, install, build a release from the bundled sample, show what came out"
	@echo "make test      all tests (those that need the shared data run where it lies beside the checkout)"
	@echo "make check     lint, format and types"
	@echo "make fuzz      readers and pipeline on changed inputs: make fuzz FORM=pipeline SECONDS=60 (FORM: see CONTRIBUTING.md)"
	@echo "make format    mend lint and format"
	@echo "make docs      the documentation site, into site/"
	@echo "make refresh   run the code blocks of the documentation and write their outputs anew (PAGES=docs/queries.md)"
	@echo "make release   the release of the four saved listing pages (needs the shared data)"
	@echo "make evaluate  precision, recall and F1 on dev (needs the shared data)"
	@echo "make train     vectors, NER pass and scores from the annotations (needs the shared data)"
	@echo "make benchmarks  speed and memory of all stations, as tables in work/benchmarks.md: an hour; a few minutes with QUICK=1"

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "glean needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,dev]'
	@touch $@

demo: $(READY)
	@$(BIN)/glean build --quiet --replace -o $(DEMO)
	@$(BIN)/glean validate $(DEMO)
	@$(BIN)/python -m extract.sample.demo $(DEMO)

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

FORM    ?= auto
SECONDS ?= 60

fuzz: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	$(BIN)/python tests/fuzz/run.py $(FORM) --seconds $(SECONDS) work/fuzz/$(FORM)

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "site/index.html"

refresh: $(READY)
	$(BIN)/python -m tests.blocks $(PAGES)

SHARED  ?= ../shared
RELEASE ?= 2026.11

release: $(READY)
	$(BIN)/glean build --workers 2 --replace $(SHARED)/seeds/*.txt -o releases/$(RELEASE)
	$(BIN)/glean validate releases/$(RELEASE)

evaluate: $(READY)
	$(BIN)/glean evaluate --workers 2 --publish $(SHARED)/gold/papers.jsonl $(SHARED)/gold/dev.jsonl

# in their order: the tagger learns from the first part of them first (extract/passes/ner/config.cfg)
ANNOTATIONS = $(addprefix annotations/corpus,.jsonl -2.jsonl -3.jsonl -4.jsonl -5.jsonl -6.jsonl -7.jsonl -8.jsonl -9.jsonl -10.jsonl)
# which of them the claims pass learns from: docs/claims.md
CLAIMS = $(addprefix annotations/corpus,.jsonl -2.jsonl -3.jsonl -4.jsonl -5.jsonl -6.jsonl -8.jsonl)

# the version of the packaged model; another training is another version
MODEL ?= 1.5.0

train: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[train]'
	$(BIN)/glean train --gold $(SHARED)/gold/train.jsonl $(addprefix --more ,$(ANNOTATIONS)) \
		--papers $(SHARED)/gold/papers.jsonl --papers $(SHARED)/corpus/abstracts.jsonl.gz \
		--corpus $(SHARED)/corpus/abstracts.jsonl.gz --version $(MODEL)
	$(BIN)/python -m extract.passes.rules.claims.training --gold $(SHARED)/gold/train.jsonl --also $(CLAIMS) \
		--papers $(SHARED)/gold/papers.jsonl $(SHARED)/corpus/abstracts.jsonl.gz

benchmarks: $(READY)
	@mkdir -p work
	$(BIN)/python benchmarks/whole.py $(if $(QUICK),--quick) > work/benchmarks.md
	$(BIN)/python benchmarks/memory.py $(if $(QUICK),--sizes 1000 --really 2000) >> work/benchmarks.md
	$(BIN)/python benchmarks/reading.py $(if $(QUICK),--sizes 1000) >> work/benchmarks.md
	$(BIN)/python benchmarks/queries.py $(if $(QUICK),--papers 20000 --rounds 1) >> work/benchmarks.md
	@cat work/benchmarks.md

clean:
	rm -rf $(VENV) $(DEMO) build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
