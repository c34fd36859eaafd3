#!/usr/bin/env bash
# Fuzzes what strangers can send us, a minute for each target: `scripts/fuzz.sh [SECONDS]`. Needs a nightly compiler; where
# there is none it says so and does nothing. What is found stands in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds="${1:-60}"
version="0.13.2"
built="$PWD/${CARGO_TARGET_DIR:-target}"

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "fuzz: skipped, there is no nightly compiler"
    exit 0
fi
export PATH="$PATH:$built/tools/bin"
if ! cargo fuzz --version >/dev/null 2>&1; then
    if ! cargo install --locked --quiet "cargo-fuzz@$version" --root "$built/tools"; then
        echo "fuzz: skipped, cargo-fuzz could not be built"
        exit 0
    fi
fi
for target in update tag; do
    # The first folder takes what the fuzzer learns, the second is the one that is kept.
    found="$built/fuzz/corpus/$target"
    mkdir -p "$found"
    log="$built/fuzz/$target.log"
    if ! cargo +nightly fuzz run --target-dir "$built/fuzz" "$target" "$found" "fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -print_final_stats=1 >"$log" 2>&1; then
        tail -n 40 "$log"
        echo "fuzz: $target FAILED"
        exit 1
    fi
    runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    echo "fuzz: $target, ${runs:-0} inputs in $seconds s, nothing found"
done
