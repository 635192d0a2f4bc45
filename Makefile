# The front door. Each target installs what it needs first; `make demo` is the place to start.
.DEFAULT_GOAL := help
SHELL := /bin/bash
JOBS ?= $(shell nproc)

# Another compiler: make test COMPILER=g++-14
export COMPILER ?= clang++-19
configure = cmake --preset $(1) -D CMAKE_CXX_COMPILER=$(COMPILER)
# An older one of these writes another format, so only this one counts.
clang_format = clang-format-19

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install what is missing (Debian packages only)
	@scripts/setup.sh build

setup-test: setup
	@scripts/setup.sh test

build: setup ## build what users run, into build/release
	@$(call configure,release) $(if $(wildcard build/release/CMakeCache.txt),,-D SLOD_TESTS=OFF -D SLOD_BENCHMARKS=OFF) >/dev/null
	@cmake --build build/release --parallel $(JOBS) --target slod

demo: build ## a small shop, an outage, a freeze, a thaw: two minutes
	@build/release/daemon/slod demo

run: build ## slod watching itself, on http://127.0.0.1:9750
	@build/release/daemon/slod run --config config/slod.yaml --state build/state

build-test: setup-test ## build every test, into build/dev
	@$(call configure,dev) >/dev/null
	@cmake --build --preset dev --parallel $(JOBS)

test: build-test ## build and run every test; name what was skipped
	@scripts/run_tests.py dev $(JOBS)

asan tsan: setup-test ## the tests under sanitizers
	@$(call configure,$@) >/dev/null
	@cmake --build --preset $@ --parallel $(JOBS)
	@scripts/run_tests.py $@ $(JOBS)

deploy-tools: ## what validates manifests and charts, into build/tools (needs Go; optional)
	@scripts/deploy_tools.sh

package: build ## a Debian package with unit, manual page and completions, into build/release
	@scripts/setup.sh package
	@cmake --build build/release --parallel $(JOBS) --target manual
	@cd build/release && cpack -G DEB

package-test: package ## install, start, remove it in a chroot (root and debootstrap; lintian)
	@SLOD_PACKAGE_TEST=1 tests/package/package_test.sh build/release

image-test: setup-test ## build the container image with buildah, and run it (root; minutes)
	@scripts/setup.sh image
	@$(call configure,dev) >/dev/null
	@cmake --build --preset dev --parallel $(JOBS) --target slod
	@SLOD_IMAGE_TEST=1 scripts/run_tests.py dev 1 --label-regex image --verbose

bench: setup-test ## the figures that the documents state
	@scripts/bench.sh

format: setup-test ## write the one format
	@git ls-files '*.h' '*.cpp' | xargs $(clang_format) -i

format-check: setup-test
	@git ls-files '*.h' '*.cpp' | xargs $(clang_format) --dry-run -Werror

lint: setup-test ## clang-tidy over everything
	@$(call configure,dev) >/dev/null
	@scripts/lint.py

clean: ## remove everything that was built
	@rm -rf build

.PHONY: help setup setup-test build demo run build-test test asan tsan deploy-tools package package-test image-test bench format format-check lint clean
