# SPDX-License-Identifier: MIT
#
# Benchmarks: never part of `make test`.

.PHONY: bench
bench: lib $(if $(filter grep%,$(CASE)),grep-build) ## measure beside libuv and Node: CASE=name for one (or several by prefix)
	@python3 bench/run.py $(CASE)
