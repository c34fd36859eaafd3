#!/usr/bin/env bash
# Kills two bots at random moments while people press buttons, and prints how many presses each lost: one written with the
# library's stock dispatcher, and ours. `scripts/lost-presses.sh [KILLS]`. The bot of the other side stands in
# benches/peers/stock-dispatcher; both store each press with the same durability.
set -euo pipefail
cd "$(dirname "$0")/.."

kills="${1:-60}"
built="$PWD/${CARGO_TARGET_DIR:-target}"
(cd benches/peers/stock-dispatcher && CARGO_TARGET_DIR="$built/stock" cargo build --locked --quiet)
exec cargo test --locked --quiet --features faults --test faults -- compare "$built/stock/debug/stock-dispatcher" "$kills"
