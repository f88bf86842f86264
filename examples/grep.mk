# SPDX-License-Identifier: MIT
#
# The search through a tree of files, in C and in Rust: build/examples/grep and grep_rs. After
# demo.mk, which says how examples are built.

GREP_RS := examples/grep_rs
GREP_RS_SOURCES := $(shell find bindings/rust $(GREP_RS) -type f \( -name '*.rs' -o -name 'Cargo.*' \) \
    -not -path '*/target/*' 2>/dev/null)

.PHONY: grep-build
grep-build: $(EXAMPLES)/grep $(EXAMPLES)/grep_rs ## build the grep-like examples

$(EXAMPLES)/grep: examples/grep.c | lib
	@mkdir -p $(@D)
	@$(CC) $(EXAMPLE_FLAGS) $< -o $@ $(EXAMPLE_LIBS)

$(EXAMPLES)/grep_rs: $(GREP_RS_SOURCES) | lib
	@mkdir -p $(@D)
	@CARGO_TARGET_DIR=$(or $(CARGO_TARGET_DIR),$(CURDIR)/build/rust) LIBLOOP_LIB_DIR=$(CURDIR)/build \
	    cargo build --quiet --locked --release --manifest-path $(GREP_RS)/Cargo.toml
	@cp $(or $(CARGO_TARGET_DIR),$(CURDIR)/build/rust)/release/grep_rs $@
