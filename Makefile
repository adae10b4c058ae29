# make atlas   set everything up, build the shipped region, compute its travel times, write the atlas
# make test    set everything up and run the tests
# make lint    style and types
# make bench   figures for docs/benchmarks.md
# make docs    build the documentation into site/
# make reference  write the pages that are printed from the program again, and the outputs on pages
# make web     rebuild the committed web assets (needs Node; users never do)

PYTHON ?= python3
BIN := .venv/bin
TEST_PROCESSES ?= 2
STAMP := .venv/.installed
APT := chromium fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0

.PHONY: atlas test lint bench docs reference web browser page-code clean

atlas: $(STAMP)
	$(BIN)/megaregion demo yrd yrd.region --no-atlas
	$(BIN)/megaregion atlas atlas --region yrd.region

test: .venv/.installed-dev browser page-code
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile $(PYTEST_ARGS)

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# the peer in TypeScript runs where Node is; without it, that comparison says that it is skipped
bench: .venv/.installed-dev
	@if command -v npm >/dev/null 2>&1; then npm ci --prefix benchmarks/peers --silent --no-audit --no-fund \
	  || echo "minotor cannot be fetched: that comparison will be skipped"; fi
	$(BIN)/python -m benchmarks

docs: .venv/.installed-dev
	$(BIN)/mkdocs build --quiet
	@echo "documentation: site/index.html (open it in a browser)"

reference: .venv/.installed-dev
	$(BIN)/python tools/make_reference.py
	$(BIN)/python tools/run_examples.py

web:
	cd web && npm ci && npm test && npm run build

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/.installed-dev: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .[dev]
	touch $@

# browser tests need Debian's chromium and Chinese fonts, printing needs pango; where they cannot be installed, those tests
# are skipped and say so
browser:
	@if ! command -v chromium >/dev/null 2>&1 || ! ldconfig -p | grep -q libpangoft2; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(APT) >/dev/null; \
	  else echo "chromium or pango is not installed and cannot be (no root): tests of browser and PDF will be skipped"; fi; \
	fi

# the code of the page is tested where Node is; users never need it
page-code:
	@if ! command -v npm >/dev/null 2>&1; then echo "Node is not installed: tests of the page's own code will be skipped"; \
	elif ! npm ci --prefix web --silent --no-audit --no-fund; then echo "Node packages cannot be fetched: tests of the page's own code will be skipped"; \
	else cd web && npm test --silent; fi

clean:
	rm -rf .venv atlas site yrd.region
