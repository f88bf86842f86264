# SPDX-License-Identifier: MIT
#
# The examples of sockets, in C and in Rust: build/examples/chat, chat_rs ... After demo.mk, which says how
# examples are built.

NET_NAMES := chat proxy cores
NET_EXAMPLES := $(addprefix $(EXAMPLES)/,$(NET_NAMES))
NET_EXAMPLES_RS := $(addsuffix _rs,$(NET_EXAMPLES))
NET_RS_SOURCES := $(shell find bindings/rust $(NET_NAMES:%=examples/%_rs) -type f \
    \( -name '*.rs' -o -name 'Cargo.*' \) -not -path '*/target/*' 2>/dev/null)

.PHONY: net-build
net-build: $(NET_EXAMPLES) $(NET_EXAMPLES_RS) ## build the examples of sockets

$(NET_EXAMPLES): $(EXAMPLES)/%: examples/%.c | lib
	@mkdir -p $(@D)
	@$(CC) $(EXAMPLE_FLAGS) $< -o $@ $(EXAMPLE_LIBS)

$(NET_EXAMPLES_RS): $(EXAMPLES)/%: $(NET_RS_SOURCES) | lib
	@mkdir -p $(@D)
	@CARGO_TARGET_DIR=$(or $(CARGO_TARGET_DIR),$(CURDIR)/build/rust) LIBLOOP_LIB_DIR=$(CURDIR)/build \
	    cargo build --quiet --locked --release --manifest-path examples/$*/Cargo.toml
	@cp $(or $(CARGO_TARGET_DIR),$(CURDIR)/build/rust)/release/$* $@
