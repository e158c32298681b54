# The database behind the RDS front: a real PostgreSQL with TLS that takes logins over TLS only, as RDS does.
# shellcheck shell=bash

database_pid_file=$stack/database.pid

database_binaries() { dirname "$(compgen -G '/usr/lib/postgresql/*/bin/postgres' | tail -1)"; }

database_start() {
  local home
  home=$(mktemp -d /tmp/vaultdeck-database.XXXXXX) # the stack's own folder may lie where the user postgres cannot go
  echo "$home" >"$stack/database-home"
  certificate database "$instance.internal"
  install -m 0644 "$stack/tls/database.pem" "$home/server.pem"
  install -m 0600 "$stack/tls/database.key" "$home/server.key"
  cp "$real/database/pg_hba.conf" "$home/pg_hba.conf"
  chown -R postgres: "$home"
  (cd / && as_postgres "$(database_binaries)/initdb" -D "$home/data" --no-sync --auth=trust >"$stack/database.log")
  database_spawn
}

database_spawn() {
  local home
  home=$(<"$stack/database-home")
  (
    cd /
    setsid setpriv --reuid=postgres --regid=postgres --init-groups "$(database_binaries)/postgres" -D "$home/data" \
      -c listen_addresses="$gateway" -c unix_socket_directories="$home" -c hba_file="$home/pg_hba.conf" \
      -c ssl=on -c ssl_cert_file="$home/server.pem" -c ssl_key_file="$home/server.key" \
      -c fsync=off -c log_connections=on >>"$stack/database.log" 2>&1 </dev/null &
    echo $! >"$database_pid_file"
  )
  wait_until 30 "PostgreSQL (its log: $stack/database.log)" database_answers
}

as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }

# SQL on stdin, as the superuser, over the socket
database_sql() { psql -qAtX -v ON_ERROR_STOP=1 -h "$(<"$stack/database-home")" -U postgres -d postgres; }

database_answers() { database_sql <<<'select 1'; }

database_remove() {
  end_process "$database_pid_file"
  [[ ! -f $stack/database-home ]] || rm -rf "$(<"$stack/database-home")"
}
