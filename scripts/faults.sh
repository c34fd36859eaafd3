#!/usr/bin/env bash
# Everything that shows that nothing is lost and nothing hidden. Prints the tables that stand in
# docs/reliability.md. Arguments go to the harness: `scripts/faults.sh kills` runs one stage.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$#" -gt 0 ]; then
    exec scripts/with-postgres.sh cargo test --locked --features faults --test faults -- "$@"
fi

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
# Builds first, so that no stage is measured beside a compiler of its own making.
cargo test --locked --features faults --test faults --no-run
cargo test --locked --test store --no-run
# The stages wait more than they work: the fuzzer is built and runs meanwhile.
scripts/fuzz.sh >"$log" 2>&1 &
fuzz=$!
status=0
QINGFENG_MODEL_STEPS=100000 scripts/with-postgres.sh \
    cargo test --locked --test store the_store_and_the_model_of_a_delivery_agree -- --nocapture || status=1
scripts/with-postgres.sh cargo test --locked --features faults --test faults || status=1
wait "$fuzz" || status=1
cat "$log"
exit "$status"
