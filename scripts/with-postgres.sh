#!/usr/bin/env bash
# Runs a command with QINGFENG_TEST_PG set to a throw-away PostgreSQL cluster, and takes the cluster away afterwards.
#
#   scripts/with-postgres.sh cargo test --test store
#
# The cluster listens on a Unix socket in a temporary folder and on nothing else. Without server binaries the command runs
# on SQLite alone and the last lines say so; with CI=true they are installed by apt, and a missing half is a failure.
# A QINGFENG_TEST_PG that is already set is used as it is.
# shellcheck disable=SC2329 # functions are reached through the EXIT trap and behind conditions
set -euo pipefail

cluster=""      # the temporary folder; empty while there is no cluster
server_user=""  # whom the server runs as; empty: as we are

say() { printf 'postgres: %s\n' "$*" >&2; }

# Prints the folder of initdb and pg_ctl, newest version first among several.
find_binaries() {
    local dir newest=""
    if command -v initdb >/dev/null && command -v pg_ctl >/dev/null; then
        dirname "$(command -v pg_ctl)"
        return
    fi
    if command -v pg_config >/dev/null && dir="$(pg_config --bindir 2>/dev/null)" && [ -x "$dir/initdb" ]; then
        printf '%s\n' "$dir"
        return
    fi
    while IFS= read -r dir; do newest="$dir"; done < <(
        for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
            if [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ]; then printf '%s\n' "$dir"; fi
        done | sort -V
    )
    [ -n "$newest" ] && printf '%s\n' "$newest"
}

install_binaries() {
    command -v apt-get >/dev/null || return 1
    local sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    say "installing the server with apt-get"
    $sudo apt-get update -q >&2 && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q postgresql >&2
}

# Runs a command as the server's user: the server refuses to run as root.
as_server() {
    if [ -z "$server_user" ]; then
        "$@"
    elif command -v setpriv >/dev/null; then
        setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" --clear-groups -- "$@"
    elif command -v runuser >/dev/null; then
        runuser -u "$server_user" -- "$@"
    else
        su -s /bin/sh "$server_user" -c "$(printf '%q ' "$@")"
    fi
}

stop_cluster() {
    local pid
    [ -n "$cluster" ] || return 0
    pid="$(head -n 1 "$cluster/data/postmaster.pid" 2>/dev/null || true)"
    if ! as_server "$binaries/pg_ctl" -D "$cluster/data" -m immediate -w -t 20 stop >/dev/null 2>&1 && [ -n "$pid" ]; then
        kill -QUIT "$pid" 2>/dev/null || true
    fi
    rm -rf "$cluster"
    cluster=""
}

# Starts the cluster; every failure is printed with the server's log and returned.
start_cluster() {
    local options started=0
    if [ "$(id -u)" -eq 0 ]; then
        server_user="nobody"
        if id postgres >/dev/null 2>&1; then server_user="postgres"; fi
    fi
    # /tmp and not TMPDIR: another user must be able to reach it, and a socket's path may not exceed 107 bytes.
    cluster="$(mktemp -d /tmp/qingfeng-pg.XXXXXX)"
    # Connections are trusted, so the folder is the lock: 0700, its owner (and root) only.
    chmod 0700 "$cluster"
    if [ -n "$server_user" ]; then chown "$server_user" "$cluster"; fi
    # No fsync: these tests ask whether both databases answer alike. Nothing may be concluded from this cluster about
    # what survives a crash; tests of such promises kill our process, not the database's machine.
    # What is measured has to be flushed, though: QINGFENG_POSTGRES_FLUSHES=1 starts a server as an office runs it.
    options="-k $cluster -p 5432 -c listen_addresses= -c max_connections=200 -c timezone=UTC"
    if [ -z "${QINGFENG_POSTGRES_FLUSHES:-}" ]; then
        options="$options -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    fi
    # The server changes into the folder it is started from, which its user may be unable to enter.
    cd "$cluster"
    if ! boot_cluster "$options" >"$cluster.log" 2>&1; then
        say "the cluster did not start:"
        cat "$cluster.log" "$cluster/log" >&2 2>/dev/null || true
        started=1
    fi
    rm -f "$cluster.log"
    cd "$home"
    export QINGFENG_TEST_PG="postgres:///postgres?host=$cluster&port=5432&user=qingfeng&sslmode=disable"
    return "$started"
}

boot_cluster() {
    as_server "$binaries/initdb" -D "$cluster/data" -U qingfeng --auth=trust --encoding=UTF8 --locale=C --no-sync &&
        as_server "$binaries/pg_ctl" -D "$cluster/data" -l "$cluster/log" -w -t 60 -o "$1" start
}

home="$PWD"
binaries=""
reason=""
# A port, folder or service of the person's own would lead elsewhere.
unset PGPORT PGDATA PGHOST PGUSER PGDATABASE PGSERVICE PGOPTIONS
trap stop_cluster EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [ -z "${QINGFENG_TEST_PG:-}" ]; then
    binaries="$(find_binaries || true)"
    if [ -z "$binaries" ] && [ "${CI:-}" = "true" ]; then
        install_binaries || say "apt-get could not install the server"
        binaries="$(find_binaries || true)"
    fi
    if [ -z "$binaries" ]; then
        reason="no PostgreSQL server binaries were found (initdb, pg_ctl)"
    elif ! start_cluster; then
        unset QINGFENG_TEST_PG
        reason="the PostgreSQL cluster did not start (see above)"
    fi
fi

if [ -n "$reason" ] && [ "${CI:-}" = "true" ]; then
    say "$reason, and with CI=true both databases must run"
    exit 1
fi

status=0
"$@" || status=$?

if [ -n "$reason" ]; then
    say "----------------------------------------------------------------"
    say "The PostgreSQL half did NOT run: $reason."
    say "SQLite alone was tested. Install the server (Debian, Ubuntu: apt-get install postgresql) and run it again."
fi
exit "$status"
