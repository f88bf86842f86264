# SPDX-License-Identifier: MIT
#
# `make` builds build/libloop.so; `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := lib

VERSION := $(shell sed -n 's/^\#define LOOP_VERSION_STRING "\(.*\)"/\1/p' include/loop.h)
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DESTDIR ?=

# What the library is made of: every Go, C and header file of package main and of libloop/.
SOURCES := $(wildcard *.go) go.mod go.sum loop.map include/loop.h scripts/build_library.sh \
    $(shell find libloop -type f \( -name '*.go' -o -name '*.c' -o -name '*.h' -o -name '*.S' \) \
        -not -name '*_test.go' 2>/dev/null)

VARIANTS := asan faults mutant-immediate-lifo mutant-microtask-first mutant-double-final
VERSIONED := libloop.so.$(VERSION)
SONAME := libloop.so.$(firstword $(subst ., ,$(VERSION)))

.PHONY: lib
lib: build/$(VERSIONED) ## build build/libloop.so (the default)

build/$(VERSIONED): $(SOURCES)
	@echo "building $@"
	@scripts/build_library.sh plain build $(VERSION)

.PHONY: $(VARIANTS) variants
$(VARIANTS): %: build/%/$(VERSIONED)

define variant_rule
build/$(1)/$(VERSIONED): $(SOURCES)
	@echo "building $$@"
	@scripts/build_library.sh $(1) build/$(1) $(VERSION)
endef
$(foreach variant,$(VARIANTS),$(eval $(call variant_rule,$(variant))))

variants: $(VARIANTS) ## build every test variant (asan, faults, mutants), each in build/NAME

loop.map: include/loop.h scripts/gen_map.py scripts/header.py
	@python3 scripts/gen_map.py && touch $@

include make/tools.mk
# The demo programs and the benchmarks bring their own targets.
-include examples/demo.mk
-include examples/grep.mk
-include examples/net.mk
-include bench/bench.mk

RUN_TESTS := python3 scripts/run_tests.py

.PHONY: check test test-ffi soak lint cross generate
check: lib tools ## the fast tests, under 3 minutes
	@$(RUN_TESTS) check

test: lib tools ## lint and every test; logs in build/test-logs
	@$(RUN_TESTS) test

test-ffi: lib tools ## only the C, Python and Rust tests
	@$(RUN_TESTS) ffi

soak: lib tools ## the long runs
	@$(RUN_TESTS) soak

lint: lib tools ## formatters, linters, type checkers, the project's gates
	@python3 scripts/lint.py

cross: ## vet the engine for the platforms it is written for
	@python3 scripts/lint.py $(addprefix vet-,darwin-arm64 darwin-amd64 freebsd-amd64 linux-arm64)

generate: loop.map ## write the files that come from include/loop.h anew
	@python3 scripts/gen_map.py
	@python3 scripts/gen_errors.py

.PHONY: install uninstall
install: lib ## install library, header and loop.pc: PREFIX=/usr/local DESTDIR=
	install -d "$(DESTDIR)$(LIBDIR)/pkgconfig" "$(DESTDIR)$(INCLUDEDIR)"
	install -m 755 build/$(VERSIONED) "$(DESTDIR)$(LIBDIR)/$(VERSIONED)"
	ln -sfn $(VERSIONED) "$(DESTDIR)$(LIBDIR)/$(SONAME)"
	ln -sfn $(SONAME) "$(DESTDIR)$(LIBDIR)/libloop.so"
	install -m 644 include/loop.h "$(DESTDIR)$(INCLUDEDIR)/loop.h"
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
	    -e 's|@VERSION@|$(VERSION)|' loop.pc.in > "$(DESTDIR)$(LIBDIR)/pkgconfig/loop.pc"

uninstall: ## remove what install put there
	rm -f "$(DESTDIR)$(LIBDIR)/"libloop.so* "$(DESTDIR)$(LIBDIR)/pkgconfig/loop.pc" \
	    "$(DESTDIR)$(INCLUDEDIR)/loop.h"

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST) | sort

.PHONY: clean
clean: ## remove build/
	rm -rf build
