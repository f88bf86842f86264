#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs the Node experiment once: scripts/demo.sh c|python|rust
#
# FILE and URL, if set, are what the program reads and gets. Without URL it gets a redirect two
# seconds late from examples/delay_server.py, which lives as long as this script. What has to be
# built is built by `make demo-c`, `make demo-python` and `make demo-rust`.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
file=${FILE:-$root/examples/test.txt}
url=${URL:-}

if [ -z "$url" ]; then
    # The server's stdin is a pipe from here: it ends when this script ends, however that comes.
    # bash closes both pipes in what it executes.
    coproc server { exec python3 "$root/examples/delay_server.py" --print-port; }
    # shellcheck disable=SC2154 # set by coproc
    server_pid=$server_PID
    trap 'exec {server[1]}>&-; wait "$server_pid" || true' EXIT
    read -r port <&"${server[0]}"
    url=http://127.0.0.1:$port/delay/2000/url/http://www.google.com
fi

case ${1:-} in
c) "$root/build/examples/node_experiment" "$file" "$url" ;;
python)
    PYTHONPATH=$root/bindings/python${PYTHONPATH:+:$PYTHONPATH} \
        python3 "$root/examples/node_experiment.py" "$file" "$url"
    ;;
rust) "$root/build/examples/node_experiment_rs" "$file" "$url" ;;
*)
    echo "usage: $0 c|python|rust" >&2
    exit 2
    ;;
esac
