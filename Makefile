# make run | make test | make check | make dev: each does its own setup.
# docs/development.md says what each one installs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MODULES := static/node_modules
COMPILE := $(BIN)/uv pip compile --upgrade --universal --generate-hashes --no-header --no-annotate --quiet \
  --no-emit-package zapette-broker --no-emit-package zapette-client
COVERAGE := --rcfile=tests/homeassistant/coverage.ini --data-file=.coverage-homeassistant
ON_OURS := --python-version 3.11
# On two cores: two processes for the tests of the pages, and one whose tests use what those leave.
SHARED := --numprocesses $(or $(PROCESSES),3) --max-worker-restart 0 --dist loadscope --no-loadscope-reorder
FAST := $(addprefix tests/, broker contract database documents packaging programs server webapp zapette) \
  $(wildcard tests/test_*.py)

.PHONY: run dev test test-fast test-fronts test-cluster test-cluster-pages test-homeassistant coverage-homeassistant homeassistant check docs wheels addon format lock clean
.DELETE_ON_ERROR:

run: $(VENV)/.run $(VENV)/.ffmpeg $(MODULES)/.run
	@$(BIN)/zapette run $(ARGS)

dev: $(VENV)/.dev $(MODULES)/.dev
	@$(BIN)/zapette run --reload --log-level debug $(ARGS)

# `make test LONG=1` runs the long tests too, as CI does.
test: $(VENV)/.dev $(MODULES)/.dev
	@scripts/system-packages.sh
	@scripts/test.sh $(SHARED) $(if $(LONG),,-m "not long") $(ARGS)

# The tests to run while you work: no browser, only mosquitto and ffmpeg from the system.
test-fast: $(VENV)/.dev $(MODULES)/.dev
	@scripts/test.sh $(SHARED) -m "not slow" $(FAST) $(ARGS)

# The pages behind TLS of their own and behind proxies; `FRONTS=nginx` behind one.
test-fronts: $(VENV)/.dev $(MODULES)/.dev
	@scripts/system-packages.sh
	@FRONTS="$(FRONTS)" scripts/test-fronts.sh $(SHARED) $(ARGS)

# All of three NATS servers; also what CI leaves out: nodes that restart in turn, and the pages.
test-cluster: $(VENV)/.dev $(MODULES)/.dev homeassistant
	@scripts/system-packages.sh
	@TEST_CLUSTER=1 $(BIN)/python -m pytest tests/cluster tests/homeassistant/test_on_nats.py \
		tests/browser/deployments/test_cluster.py tests/browser/deployments/test_elections.py $(ARGS)
	@$(MAKE) --no-print-directory test-cluster-pages

# The tests of the pages with two web sides on three NATS servers and one PostgreSQL.
test-cluster-pages: $(VENV)/.dev $(MODULES)/.dev
	@scripts/system-packages.sh
	@TEST_BROKER=nats $(BIN)/python -m pytest tests/browser --ignore tests/browser/deployments \
		$(SHARED) $(ARGS)

# The integration in a real Home Assistant, which needs a later Python; the script installs it.
# `make test LONG=1` then includes these tests.
test-homeassistant: $(VENV)/.dev $(MODULES)/.dev homeassistant
	@scripts/system-packages.sh
	@$(BIN)/python -m pytest tests/homeassistant $(ARGS)

# The same, with the coverage of the integration.
coverage-homeassistant: $(VENV)/.dev $(MODULES)/.dev homeassistant
	@scripts/system-packages.sh
	@rm -f .coverage-homeassistant*
	@ZAPETTE_TEST_COVERAGE=$(CURDIR)/.coverage-homeassistant $(BIN)/python -m pytest tests/homeassistant $(ARGS)
	@$(VENV)-homeassistant/bin/python -m coverage combine $(COVERAGE)
	@$(VENV)-homeassistant/bin/python -m coverage report $(COVERAGE)

homeassistant: $(VENV)/.dev
	@scripts/homeassistant.sh

check: $(VENV)/.dev $(MODULES)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy examples
	scripts/npm.sh --prefix static run check

# The reference of the library and the conformance tables, in build/docs.
docs: $(VENV)/.dev
	@mkdir -p build/docs
	@$(BIN)/python -m scripts.reference >build/docs/reference.md
	@$(BIN)/python -m tests.conformance.statements.report >build/docs/conformance.md
	@echo "build/docs has reference.md and conformance.md"

# The wheels, in build/wheels; and whether they run from an empty folder. With `PICTURES=FOLDER`,
# Chromium takes a picture of the first page of each installation.
wheels: $(VENV)/.dev $(MODULES)/.dev
	@rm -rf build/wheels
	@for each in zapette broker .; do \
	  $(BIN)/uv build --wheel --quiet --no-build-isolation --python $(BIN)/python \
	    --out-dir build/wheels $$each || exit 1; done
	@$(BIN)/python -m scripts.try_wheels build/wheels $(PICTURES)

# The add-on for Home Assistant, in build/addon: a folder to copy to its folder `addons`.
addon: wheels
	@rm -rf build/addon && cp -r addon build/addon && cp -r build/wheels build/addon/zapette/wheels
	@cp requirements.lock requirements-ffmpeg.lock build/addon/zapette/
	@echo "build/addon/zapette can be copied to Home Assistant"

format: $(VENV)/.dev $(MODULES)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	scripts/npm.sh --prefix static run format

# Update the lock files to the latest releases; they hold hashes and no addresses.
lock: $(VENV)/.dev
	$(COMPILE) $(ON_OURS) pyproject.toml --group build -o requirements.lock
	$(COMPILE) $(ON_OURS) pyproject.toml --group build --group dev -o requirements-dev.lock
	$(COMPILE) $(ON_OURS) --group ffmpeg -o requirements-ffmpeg.lock
	$(COMPILE) $(ON_OURS) --group links -o requirements-links.lock
	$(COMPILE) $(ON_OURS) --group nats -o requirements-nats.lock
	$(COMPILE) $(ON_OURS) --group postgresql -o requirements-postgresql.lock
	$(COMPILE) $(ON_OURS) --group node -o requirements-node.lock
	$(COMPILE) --python-version 3.14.2 scripts/homeassistant.txt -o requirements-homeassistant.lock
	cd static && ../scripts/npm.sh update --omit-lockfile-registry-resolved

clean:
	rm -rf $(VENV) $(VENV)-homeassistant $(MODULES) build static/dist

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

# ffmpeg, 165 MB, only where the system has none.
$(VENV)/.ffmpeg: requirements-ffmpeg.lock | $(VENV)/.run
	@command -v ffmpeg >/dev/null || \
	  $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-ffmpeg.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@ $(VENV)/.run

$(MODULES)/.run: static/package-lock.json | $(VENV)/.run
	cd static && ../scripts/npm.sh ci --omit=dev
	@touch $@

$(MODULES)/.dev: static/package-lock.json | $(VENV)/.dev
	cd static && ../scripts/npm.sh ci
	@touch $@ $(MODULES)/.run
