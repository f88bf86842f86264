# SPDX-License-Identifier: MIT
#
# The examples of sockets: build/examples/chat, proxy and cores. After demo.mk, which says how examples are
# built.

NET_EXAMPLES := $(EXAMPLES)/chat $(EXAMPLES)/proxy $(EXAMPLES)/cores

.PHONY: net-build
net-build: $(NET_EXAMPLES) ## build the examples of sockets

$(NET_EXAMPLES): $(EXAMPLES)/%: examples/%.c | lib
	@mkdir -p $(@D)
	@$(CC) $(EXAMPLE_FLAGS) $< -o $@ $(EXAMPLE_LIBS)
