# SPDX-License-Identifier: MIT
#
# Benchmarks: never part of `make test`.

# What a case needs beside the library: `make bench` alone runs all but the grep ones.
BENCH_NEEDS_VENV := $(if $(CASE),$(filter python%,$(CASE)),all)

.PHONY: bench
bench: lib $(if $(filter grep%,$(CASE)),grep-build) ## measure beside libuv and Node: CASE=name for one (or several by prefix)
	@$(if $(BENCH_NEEDS_VENV),$(MAKE) -s --no-print-directory build/venv/.done || true)
	@python3 bench/run.py $(CASE)
