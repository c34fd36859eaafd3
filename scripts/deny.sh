#!/usr/bin/env bash
# Holds the dependency tree to deny.toml. Builds the checker once, into target/tools, when the machine has none.
set -euo pipefail
cd "$(dirname "$0")/.."

version="0.20.2"
tools="${CARGO_TARGET_DIR:-target}/tools"

if ! cargo deny --version >/dev/null 2>&1; then
    export PATH="$PWD/$tools/bin:$tools/bin:$PATH"
fi
if ! cargo deny --version >/dev/null 2>&1; then
    # A debug build: it is compiled in about a minute on two cores and runs for two seconds.
    cargo install --locked --debug --no-default-features "cargo-deny@$version" --root "$tools" --target-dir "$tools/build"
    rm -rf "$tools/build"
fi
cargo deny --locked check bans licenses sources
