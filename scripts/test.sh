#!/usr/bin/env bash
# Every test on both databases. Arguments go to the test runner: `scripts/test.sh --test store`.
set -euo pipefail
cd "$(dirname "$0")/.."

# A snapshot is accepted by a person, never by a test run.
export INSTA_UPDATE="${INSTA_UPDATE:-no}"

# nextest runs each test in its own process and names the slow ones; plain cargo does as well.
if cargo nextest --version >/dev/null 2>&1; then
    exec scripts/with-postgres.sh cargo nextest run --locked --no-fail-fast "$@"
fi
exec scripts/with-postgres.sh cargo test --locked --no-fail-fast "$@"
