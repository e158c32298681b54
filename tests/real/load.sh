# Runs on a host: a new database login through each app container five times a second, with the settings that its process was
# born with, until the other end goes. A line for each: `SERVICE ok|refused|away|other`.
through() {
  while echo "$1 away"; do
    sudo docker exec "authentik-$1-1" sh -c '
      : load-of-logins
      for setting in $(tr "\0" "\n" </proc/1/environ | grep "^AUTHENTIK_POSTGRESQL__"); do export "$setting"; done
      export PGHOST=$AUTHENTIK_POSTGRESQL__HOST PGPORT=$AUTHENTIK_POSTGRESQL__PORT PGUSER=$AUTHENTIK_POSTGRESQL__USER
      export PGDATABASE=$AUTHENTIK_POSTGRESQL__NAME PGPASSWORD=$AUTHENTIK_POSTGRESQL__PASSWORD PGSSLMODE=require
      while :; do
        if answer=$(psql -qAtX -c "select 1" 2>&1); then
          echo "$0 ok"
        else
          case $answer in *"password authentication failed"*) echo "$0 refused" ;; *) echo "$0 other" ;; esac
        fi
        sleep 0.15
      done' "$1" 2>/dev/null
    sleep 0.1
  done
}
through server &
through worker &
wait
