# Usage: guardian BIN FOLDER. Runs a PostgreSQL server in FOLDER until standard input ends, then removes FOLDER.
# Nothing here survives the tests, so nothing waits for the disk.
set -eu
bin=$1 folder=$2
trap '' INT HUP

finish() {
    "$bin/pg_ctl" -D "$folder/data" -m immediate -W stop >/dev/null 2>&1 || true
    # The postmaster removes its files as it goes; try until it has gone.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        rm -rf "$folder" 2>/dev/null && break
        sleep 0.1
    done
}
trap finish EXIT

{
    "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync --no-instructions &&
    "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/server.log" start -o "-c listen_addresses='' -c unix_socket_directories='$folder' \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c max_connections=200 -c shared_buffers=32MB"
} >"$folder/start.log" 2>&1 </dev/null || { cat "$folder"/*.log; exit 1; }

echo ready
cat >/dev/null
