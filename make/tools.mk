# SPDX-License-Identifier: MIT
#
# The tools of `make lint` and `make test`, at exact versions, below build/. Each rule runs once; a
# changed version makes it run again.

STATICCHECK_VERSION := v0.8.2

.PHONY: tools
tools: build/.apt build/venv/.done build/bin/.staticcheck-$(STATICCHECK_VERSION)

build/.apt: scripts/ensure_apt.sh
	@mkdir -p build
	@scripts/ensure_apt.sh
	@touch $@

build/venv/.done: scripts/requirements-dev.txt
	@echo "making build/venv"
	@rm -rf build/venv && python3 -m venv build/venv
	@build/venv/bin/pip -q --disable-pip-version-check install --no-deps -r scripts/requirements-dev.txt
	@touch $@

build/bin/.staticcheck-$(STATICCHECK_VERSION):
	@echo "installing staticcheck $(STATICCHECK_VERSION)"
	@mkdir -p build/bin
	@GOBIN=$(CURDIR)/build/bin GOFLAGS= go install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)
	@touch $@
