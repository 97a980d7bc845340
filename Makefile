# The commands of tuesday's developers; `make help` lists them. Each does its own set-up, as root or through sudo.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := all

JOBS ?= $(shell nproc)
SEED ?= 1
COUNT ?= 2000
ROLLOUTS ?= 200000
CORPUS ?= ../shared/conformance

DEV := build/dev
RELEASE := build/release
FRESH_DEV := $(DEV)/build.ninja
FRESH_RELEASE := $(RELEASE)/build.ninja

.PHONY: all help install demo test test-all unit sim e2e conformance bench soak check format clean dev release

all: release ## The program, optimised: build/release/tuesday.

help: ## This list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | column -t -s $$'\t'

install: ## Packages that the build and the tests need, from apt.
	@tools/install_packages.sh

$(FRESH_DEV): CMakeLists.txt CMakePresets.json | install
	@cmake --preset dev

$(FRESH_RELEASE): CMakeLists.txt CMakePresets.json | install
	@cmake --preset release

dev: $(FRESH_DEV)
	@ninja -C $(DEV) -j$(JOBS)

release: $(FRESH_RELEASE)
	@ninja -C $(RELEASE) -j$(JOBS)
	@cp -f $(RELEASE)/src/app/cli/tuesday $(RELEASE)/tuesday

demo: release ## The main job with real parts and live load; under 6 minutes after the build.
	@tools/demo.py --tuesday $(RELEASE)/tuesday --examples $(RELEASE)/examples

unit: dev ## Unit tests, under the address and undefined-behaviour sanitizers.
	@ctest --test-dir $(DEV) -L unit --output-on-failure -j$(JOBS)

sim: release ## SEED=n COUNT=n: the simulated fleet.
	@$(RELEASE)/tests/sim/fleet_sim --seed $(SEED) --count $(COUNT)

e2e: release ## Real processes, real HAProxy, real load.
	@ctest --test-dir $(RELEASE) -L e2e --output-on-failure

test: dev release ## Every test; the last line is the runner's summary.
	@ctest --test-dir $(DEV) -LE 'e2e|integration' --output-on-failure -j$(JOBS)
	@ctest --test-dir $(DEV) -L integration --output-on-failure --repeat until-pass:2
	@ctest --test-dir $(RELEASE) -L 'sim|e2e' --output-on-failure --repeat until-pass:2

test-all: test ## Also the thread sanitizer, clang and clang-tidy, and 60 s of fuzzing for each parser.
	@cmake --preset tsan && ninja -C build/tsan -j$(JOBS) && ctest --test-dir build/tsan -L unit --output-on-failure
	@cmake --preset clang -DTUESDAY_FUZZ=ON && ninja -C build/clang -j$(JOBS) && ctest --test-dir build/clang -L 'unit|fuzz' --output-on-failure
	@run-clang-tidy-19 -quiet -p build/clang -j $(JOBS) '^$(CURDIR)/src/.*' > build/tidy.log 2>&1 || { cat build/tidy.log; false; }

conformance: release ## CORPUS=DIR: cases of the field's own suites.
	@tools/conformance.py --build $(RELEASE) --corpus "$(CORPUS)"

bench: release ## The figures, also in build/bench.json.
	@tools/bench.py --build $(RELEASE)

soak: $(FRESH_RELEASE) ## ROLLOUTS=n: version after version on one simulated fleet; what memory that holds. 200,000 take an hour.
	@ninja -C $(RELEASE) -j$(JOBS) fleet_soak
	@tools/bench.py --build $(RELEASE) --only "tests/sim/fleet_soak --rollouts $(ROLLOUTS) --bytes-max 60"

check: install ## Format, layers, spelling, shell scripts, sizes: what can be said without running.
	@tools/check.sh

format: ## Rewrites every source in the house format.
	@git ls-files '*.h' '*.cc' | xargs clang-format-19 -i

clean: ## Removes what was built.
	@rm -rf build
