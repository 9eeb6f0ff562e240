# Everything one does with onggi, from a fresh Debian 12 on. `make` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

DATA ?= ./onggi-data
LISTEN ?= 127.0.0.1:8420
# It takes every ONGGI_ variable for an option of its own; this one is told to tests.
ONGGI = env -u ONGGI_REQUIRE_POSTGRES build/onggi

# A sanitizer that finds something ends the test.
export ASAN_OPTIONS := detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1
export UBSAN_OPTIONS := halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS := halt_on_error=1:second_deadlock_stack=1

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: build ## install, build, fill ./onggi-data with a demo the first time, and serve it
	@if [ ! -e "$(DATA)" ]; then $(ONGGI) demo --data "$(DATA)" || { rm -rf "$(DATA)"; exit 1; }; fi
	@exec $(ONGGI) serve --data "$(DATA)" --listen "$(LISTEN)"

.PHONY: build
build: packages build/build.ninja ## install what is missing and build build/onggi
	@cmake --build build --target onggi

.PHONY: packages
packages: ## install what is missing (Debian packages)
	@tools/install-packages.sh

# --- tests --------------------------------------------------------------------------------------

STAGES := test-release test-plans test-api test-api-postgres test-address test-fuzz test-api-address \
  test-thread test-api-thread test-api-postgres-thread

# Beside a private PostgreSQL (tests/postgres/run). One that cannot be had is a failure here and a visible skip in `make test-quick`.
export ONGGI_REQUIRE_POSTGRES ?= 1
POSTGRES = tests/postgres/run $(if $(filter 1,$(ONGGI_REQUIRE_POSTGRES)),,--optional)

.PHONY: test
test: packages ## install, build and run all tests, also under the sanitizers
	@failed=; report=; \
	for stage in $(STAGES); do \
	  echo "== $$stage"; begun=$$SECONDS; \
	  $(MAKE) --no-print-directory $$stage || failed+=" $$stage"; \
	  report+=" $$stage $$((SECONDS - begun)) s,"; \
	done; \
	if [ -n "$$failed" ]; then echo "make test: FAILED:$$failed (ran$${report%,})"; exit 1; fi; \
	echo "make test: passed:$${report%,}"

.PHONY: test-quick
test-quick: build/build.ninja ## the release build's tests; without PostgreSQL those of the embedded store
	@cmake --build build
	@$(MAKE) --no-print-directory ONGGI_REQUIRE_POSTGRES=0 test-release test-plans test-api test-api-postgres

# Where threads meet.
THREADED = base_test http_test db_test cache_test feed_test auth_test api_test app_test conformance_test
CTEST = $(POSTGRES) ctest --output-on-failure --no-tests=ignore --timeout 900 --parallel $$(nproc) --test-dir

.PHONY: test-release
test-release: build/build.ninja # unit and conformance tests
	@cmake --build build
	@$(CTEST) build

.PHONY: test-address
test-address: build/address/build.ninja # every unit and conformance test
	@cmake --build build/address --target onggi_tests
	@$(CTEST) build/address

.PHONY: test-thread
test-thread: build/thread/build.ninja # the same, without PostgreSQL: test-api-postgres-thread is harder on threads
	@cmake --build build/thread --target $(THREADED)
	@env -u ONGGI_REQUIRE_POSTGRES $(subst $(POSTGRES),,$(CTEST)) build/thread --tests-regex '$(subst $(eval ) ,|,$(THREADED))'

# Each target for a few seconds, from its corpus on: what was found once is not found again.
.PHONY: test-fuzz
test-fuzz: build/address/build.ninja
	@cmake --build build/address --target onggi_fuzz_targets
	@tests/fuzz/run 3

# The black-box tests start the server that ONGGI_BINARY names. /usr/bin/python3: Debian's pytest.
# One process for each core, each with a server of its own; a file's tests stay together. What fails there is run once more, alone (tests/again).
PYTEST = tests/again tests/api --numprocesses $$(nproc) --dist loadfile --quiet -rs
# The same on PostgreSQL, a database for each server, a few more processes, since they wait for it; what is skipped is said.
PYTEST_POSTGRES = $(POSTGRES) sh -c 'if [ -n "$$ONGGI_TEST_POSTGRES" ]; then exec env ONGGI_STORE=postgres $(subst $$(nproc),$$(($$(nproc) * 3 / 2)),$(PYTEST)); fi'

.PHONY: test-api
test-api: build/build.ninja
	@cmake --build build
	@export ONGGI_BINARY=$(CURDIR)/build/onggi; $(PYTEST)
	@/usr/bin/python3 -m pytest tests/bench

.PHONY: test-api-postgres
test-api-postgres: build/build.ninja
	@cmake --build build
	@export ONGGI_BINARY=$(CURDIR)/build/onggi; $(PYTEST_POSTGRES)
	@/usr/bin/python3 -m pytest tests/postgres/test_server.py --quiet -rs

# A part of them behind a PgBouncer that lends sessions for one transaction at a time.
.PHONY: test-api-pooler
test-api-pooler: build/build.ninja
	@cmake --build build
	@export ONGGI_BINARY=$(CURDIR)/build/onggi; $(subst postgres/run,postgres/run --pooler,$(subst \
	  again tests/api,again $(addprefix tests/api/test_,$(addsuffix .py,postgres_contention postgres_servers \
	  postgres_events executions batch budget containment export)),$(PYTEST_POSTGRES)))

# Every statement of the catalogue has a plan on PostgreSQL too, on realistic row counts; those of the benchmark fit the schema.
.PHONY: test-plans
test-plans: build/build.ninja
	@cmake --build build
	@export ONGGI_BINARY=$(CURDIR)/build/onggi; $(POSTGRES) /usr/bin/python3 -m pytest tests/postgres/test_plans.py tests/postgres/test_bench_statements.py --quiet -rs

.PHONY: test-api-address
test-api-address: build/address/build.ninja
	@cmake --build build/address --target onggi
	@export ONGGI_BINARY=$(CURDIR)/build/address/onggi; $(PYTEST)

.PHONY: test-api-thread
test-api-thread: build/thread/build.ninja
	@cmake --build build/thread --target onggi
	@export ONGGI_BINARY=$(CURDIR)/build/thread/onggi; \
	$(subst again tests/api,again $(addprefix tests/api/test_,$(addsuffix .py,batch durability events export fault_servers memory_search page_cache statistics)),$(PYTEST))

# What concerns the driver's threads: the whole suite takes four minutes there.
.PHONY: test-api-postgres-thread
test-api-postgres-thread: build/thread/build.ninja
	@cmake --build build/thread --target onggi
	@export ONGGI_BINARY=$(CURDIR)/build/thread/onggi; \
	$(subst again tests/api,again $(addprefix tests/api/test_,$(addsuffix .py,postgres_contention postgres_faults \
	  postgres_locks postgres_events postgres_pooler fault_network)),$(PYTEST_POSTGRES))

# --- fuzzing ------------------------------------------------------------------------------------

SECONDS_EACH ?= 600
TARGETS ?=

.PHONY: fuzz
fuzz: packages build/address/build.ninja ## fuzz at length: SECONDS_EACH=600 TARGETS="json graph"
	@cmake --build build/address --target onggi_fuzz_targets
	@tests/fuzz/run $(SECONDS_EACH) $(TARGETS)

.PHONY: fuzz-merge
fuzz-merge: ## take the few finds of `make fuzz` that reach new code into tests/fuzz/corpus
	@for found in build/fuzz/corpus/*; do \
	  target=$$(basename $$found); \
	  build/address/$${target}_fuzz -set_cover_merge=1 -max_len=4096 tests/fuzz/corpus/$$target $$found 2>&1 | \
	    grep -a 'MERGE-OUTER: the' || true; \
	done

# --- figures ------------------------------------------------------------------------------------

.PHONY: bench
bench: bench-build ## measure onggi beside its peers (CONTRIBUTING.md): three quarters of an hour, 25 GB of disk; SECTIONS="statistics memory"
	@/usr/bin/python3 bench/run.py $(foreach section,$(SECTIONS),--only $(section))

.PHONY: bench-quick
bench-quick: bench-build ## the same in a quarter of an hour, less exact
	@/usr/bin/python3 bench/run.py --quick $(foreach section,$(SECTIONS),--only $(section))

.PHONY: bench-seed
bench-seed: bench-build ## the seed's own table alone (README): a quarter of an hour
	@/usr/bin/python3 bench/run.py --only seed

.PHONY: bench-retrieval
bench-retrieval: build/build.ninja ## how well memory search finds the turn that answers (bench/retrieval)
	@cmake --build build --target onggi_bench_retrieval
	@build/onggi_bench_retrieval bench/retrieval --speed

.PHONY: bench-readme
bench-readme: # puts the last table into README.md
	@/usr/bin/python3 bench/run.py --readme

.PHONY: bench-packages
bench-packages:
	@tools/install-packages.sh --bench

.PHONY: bench-build
bench-build: bench-packages build/build.ninja
	@cmake --build build --target onggi onggi_bench_sqlite $(if $(wildcard bench/load.cc),onggi_bench_load)

# --- code ---------------------------------------------------------------------------------------

FILES = $$(find src tests bench -name '*.cc' -o -name '*.h' 2>/dev/null || true)

.PHONY: format
format: ## bring the code into shape (clang-format)
	@clang-format-19 -i $(FILES)

.PHONY: lint
lint: build ## check shape and mistakes (clang-format, forgotten #includes, clang-tidy)
	@clang-format-19 --dry-run -Werror $(FILES)
	@cmake --preset release -B build/plain -D CMAKE_DISABLE_PRECOMPILE_HEADERS=ON
	@cmake --build build/plain --target onggi
	@run-clang-tidy-19 -p build -quiet '$(CURDIR)/src/(?!http/boost_impl)'

.PHONY: clean
clean: ## remove what was built; ./onggi-data stays
	@rm -rf build web/docs/node_modules bench/peers/fastify/node_modules

# --- build trees: build (release), build/address, build/thread ------------------------------------

build/build.ninja: CMakePresets.json
	@cmake --preset release

build/%/build.ninja: CMakePresets.json
	@cmake --preset $*
