#!/usr/bin/env bash
# The demo's month, once: the report must equal what the sandbox's own ledger says.
set -euo pipefail
cd "$(dirname "$0")/.."

# Built together with the tests: the same features, hence nothing is compiled a second time after `make test`.
cargo build --locked --quiet --bins --tests
program="${CARGO_TARGET_DIR:-target}/debug/qingfeng"

output="$(mktemp)"
trap 'rm -f "$output"' EXIT
status=0
"$program" demo --once --json >"$output" || status=$?
if [ "$status" -ne 0 ]; then
    printf 'demo: exit %s; the end of its output:\n' "$status" >&2
    tail -c 2000 "$output" >&2
    exit 1
fi
if ! grep -Eq '"equal" ?: ?true' "$output"; then
    printf 'demo: exit 0, but its output does not say "equal":true\n' >&2
    tail -c 2000 "$output" >&2
    exit 1
fi
printf 'demo: the report equals what the sandbox saw\n'
