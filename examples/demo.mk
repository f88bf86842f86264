# SPDX-License-Identifier: MIT
#
# The Node experiment, three times. FILE=... and URL=... are read and fetched instead of the
# example's own.

EXAMPLES := build/examples
EXAMPLE_FLAGS := -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
    -Iinclude
EXAMPLE_LIBS := -Lbuild -lloop -Wl,-rpath,'$$ORIGIN/..'
RUST_EXAMPLE := examples/node_experiment_rs
RUST_SOURCES := $(shell find bindings/rust $(RUST_EXAMPLE) -type f \( -name '*.rs' -o -name 'Cargo.*' \) \
    -not -path '*/target/*' 2>/dev/null)

.PHONY: demo demo-c demo-python demo-rust demo-build
demo: demo-c demo-python demo-rust ## run the Node experiment in C, Python and Rust
demo-build: $(EXAMPLES)/node_experiment $(EXAMPLES)/libplugins.so $(EXAMPLES)/node_experiment_rs

demo-c: $(EXAMPLES)/node_experiment ## the same in C alone: FILE=... URL=...
	@scripts/demo.sh c

# One after the other, also with make -j: each is an output of its own.
demo-python: $(EXAMPLES)/libplugins.so $(if $(filter demo,$(MAKECMDGOALS)),demo-c) ## ... in Python
	@scripts/demo.sh python

demo-rust: $(EXAMPLES)/node_experiment_rs $(if $(filter demo,$(MAKECMDGOALS)),demo-python) ## ... in Rust
	@scripts/demo.sh rust

$(EXAMPLES)/node_experiment: examples/node_experiment.c examples/plugins.c examples/plugins.h | lib
	@mkdir -p $(@D)
	@$(CC) $(EXAMPLE_FLAGS) examples/node_experiment.c examples/plugins.c -o $@ $(EXAMPLE_LIBS)

$(EXAMPLES)/libplugins.so: examples/plugins.c examples/plugins.h | lib
	@mkdir -p $(@D)
	@$(CC) $(EXAMPLE_FLAGS) -fPIC -shared $< -o $@ $(EXAMPLE_LIBS)

$(EXAMPLES)/node_experiment_rs: $(RUST_SOURCES) | lib
	@mkdir -p $(@D)
	@CARGO_TARGET_DIR=$(or $(CARGO_TARGET_DIR),$(CURDIR)/build/rust) LIBLOOP_LIB_DIR=$(CURDIR)/build \
	    cargo build --quiet --locked --release --manifest-path $(RUST_EXAMPLE)/Cargo.toml
	@cp $(or $(CARGO_TARGET_DIR),$(CURDIR)/build/rust)/release/node_experiment_rs $@
