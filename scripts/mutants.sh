#!/usr/bin/env bash
# Breaks each invariant on purpose and sees its test turn red.
#
#   scripts/mutants.sh            all of scripts/mutants/*.mutant
#   scripts/mutants.sh I1 store   those whose file name or invariant holds one of the words
#
# A mutant is a text file:
#
#   invariant: I1
#   says: the offset is confirmed before the commit
#   file: src/inbox/poll.rs
#   test: --test it crash::a_press_survives_a_kill      (or: --lib domain::cron::tests::sunday_is_zero_and_seven)
#   --- find
#   the lines to replace, which must stand in the file exactly once
#   --- replace
#   the lines to put there; may be none
#   --- end
#
# Committed files only, in a worktree of their own under target/. A mutant is killed when it builds and its test fails.
# Exit 1 when one survives, no longer applies, does not build, or when its test is not green without it.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${QINGFENG_MUTANTS_INSIDE:-}" ]; then
    export QINGFENG_MUTANTS_INSIDE=1
    exec scripts/with-postgres.sh scripts/mutants.sh "$@"
fi

limit=120 # seconds for one test; a mutant that hangs it is killed
root="$PWD"
mutants="${QINGFENG_MUTANTS_DIR:-$root/scripts/mutants}"
tree="$root/target/mutants"
log="$root/target/mutants.log"
# A target folder of its own: cargo cannot tell the worktree's crate from the real one, and would mix up their programs.
export CARGO_TARGET_DIR="$root/target/mutants-build"
export INSTA_UPDATE=no

field() { sed -n "s/^$1: *//p" "$2" | head -n 1; }
section() { awk -v from="--- $1" -v to="--- $2" '$0 == to { on = 0 } on { print } $0 == from { on = 1 }' "$3"; }

prepare_tree() {
    git worktree prune
    if [ -e "$tree/.git" ]; then
        git -C "$tree" checkout --quiet --force --detach "$(git rev-parse HEAD)"
    else
        git worktree add --quiet --force --detach "$tree" HEAD
    fi
    if [ -n "$(git status --porcelain)" ]; then
        printf 'mutants: uncommitted changes are not part of this run\n' >&2
    fi
}

# Runs the words of a `test:` line as one test; prints green, red, hangs, absent (no such test) or broken (no build).
run_test() {
    local status=0 words
    read -r -a words <<<"$1"
    cd "$tree"
    if ! cargo test --locked --quiet "${words[@]:0:${#words[@]}-1}" --no-run >"$log" 2>&1; then
        printf 'broken'
    else
        timeout "$limit" cargo test --locked "${words[@]}" -- --exact >"$log" 2>&1 || status=$?
        if [ "$status" -eq 124 ]; then
            printf 'hangs'
        elif [ "$status" -ne 0 ]; then
            printf 'red'
        elif grep -q '^test result: ok\. 1 passed' "$log"; then
            printf 'green'
        else
            printf 'absent'
        fi
    fi
    cd "$root"
}

# Replaces the text of a mutant in the worktree; prints why not when it does not apply.
apply_mutant() {
    local path find replace content rest
    path="$tree/$(field file "$1")"
    find="$(section find replace "$1")"
    replace="$(section replace end "$1")"
    if [ ! -f "$path" ]; then
        printf 'its file is gone'
        return
    fi
    content="$(cat "$path")"
    rest="${content#*"$find"}"
    if [ -z "$find" ] || [ "$rest" = "$content" ]; then
        printf 'its text is not in the file'
    elif [[ "$rest" == *"$find"* ]]; then
        printf 'its text stands in the file more than once'
    else
        printf '%s\n' "${content%%"$find"*}$replace$rest" >"$path"
    fi
}

# Judges one mutant: prints its verdict, fails unless it was killed.
judge() {
    local test outcome problem
    test="$(field test "$1")"
    outcome="$(run_test "$test")"
    if [ "$outcome" != "green" ]; then
        printf 'INVALID: without the mutant its test is %s' "$outcome"
        return 1
    fi
    problem="$(apply_mutant "$1")"
    if [ -n "$problem" ]; then
        printf 'STALE: %s' "$problem"
        return 1
    fi
    outcome="$(run_test "$test")"
    git -C "$tree" checkout --quiet --force HEAD
    case "$outcome" in
        red | hangs) printf 'killed (%s)' "$outcome" ;;
        broken) printf 'INVALID: does not build' && return 1 ;;
        *) printf 'SURVIVED' && return 1 ;;
    esac
}

chosen() {
    local word
    [ "$#" -gt 1 ] || return 0
    for word in "${@:2}"; do
        if [[ "$(basename "$1")" == *"$word"* || "$(field invariant "$1")" == "$word" ]]; then return 0; fi
    done
    return 1
}

prepare_tree
failures=0
count=0
for mutant in "$mutants"/*.mutant; do
    if [ ! -f "$mutant" ] || ! chosen "$mutant" "$@"; then continue; fi
    count=$((count + 1))
    verdict="$(judge "$mutant")" || {
        failures=$((failures + 1))
        [ ! -s "$log" ] || tail -n 20 "$log" >&2
    }
    printf '%-4s %-36s %-14s %s\n' \
        "$(field invariant "$mutant")" "$(basename "$mutant" .mutant)" "$verdict" "$(field says "$mutant")"
done

if [ "$count" -eq 0 ]; then
    printf 'mutants: none matches; they stand in scripts/mutants/*.mutant\n' >&2
    exit 1
fi
printf '%s mutants, %s not killed\n' "$count" "$failures"
[ "$failures" -eq 0 ]
