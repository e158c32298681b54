# What "well again" means on a host, measured there; and the few moves that bring a host back.
# shellcheck shell=bash

env_file=/var/lib/docker/volumes/authentik_secrets/_data/.env

# the .env as Vault's values of now would render it, less comments
env_expected() {
  local database config
  database=$(vault_as_root kv get -mount=secret -format=json "$secrets_path/database")
  config=$(vault_as_root kv get -mount=secret -format=json "$secrets_path/config")
  jq -nr --argjson database "$database" --argjson config "$config" '
    $database.data.data as $d
    | "AUTHENTIK_POSTGRESQL__HOST=\($d.pg_host)", "AUTHENTIK_POSTGRESQL__PORT=\($d.pg_port)",
      "AUTHENTIK_POSTGRESQL__USER=\($d.pg_user)", "AUTHENTIK_POSTGRESQL__PASSWORD=\($d.pg_password)",
      "AUTHENTIK_POSTGRESQL__NAME=\($d.pg_name)", "AUTHENTIK_SECRET_KEY=\($config.data.data.secret_key)"'
}

env_current() { [[ $(on_host "$1" grep -v '^#' "$env_file") == "$(env_expected)" ]]; }

# HOST SINCE PATTERN: the agent said so at or after that moment
agent_said() { compose_on "$1" logs --since "$2" vault-agent 2>&1 | grep -q -e "$3"; }

moment() { date -u +%Y-%m-%dT%H:%M:%S.%NZ; }

# a new container: a new log, a new login
agent_recreate() {
  local since
  since=$(moment)
  compose_on "$1" up -d --no-deps --force-recreate --wait --wait-timeout 60 vault-agent >/dev/null 2>&1
  wait_until 60 "the agent of $1 to log in" agent_said "$1" "$since" 'renewed auth token'
}

# restarting an agent that cannot log in must not wait for its login
agent_restart() { compose_on "$1" restart vault-agent >/dev/null 2>&1; }

app_ready() { curl -sf "http://$(address_of "$1"):9000/-/health/ready/"; }

# true when server or worker started before .env was last written
app_is_stale() {
  local container started rendered
  rendered=$(on_host "$1" stat -c %Y "$env_file")
  for container in authentik-server-1 authentik-worker-1; do
    started=$(date -d "$(on_host "$1" docker inspect -f '{{.State.StartedAt}}' "$container")" +%s)
    ((started >= rendered)) || return 0
  done
  return 1
}

app_restart() {
  compose_on "$1" restart server worker >/dev/null 2>&1
  compose_on "$1" up -d --wait --wait-timeout 90 >/dev/null 2>&1
}

# the host holds what Vault holds, runs with it, and answers
settle() {
  wait_until 90 "$1 to render what Vault holds" env_current "$1"
  ! app_is_stale "$1" || app_restart "$1"
  compose_on "$1" up -d >/dev/null 2>&1 # its --wait gives up on what is unhealthy still, and will be well in a moment
  wait_until 90 "the containers of $1 to be healthy" all_healthy "$1"
  wait_until 90 "$1 to be ready" app_ready "$1"
}

all_healthy() {
  local healths
  healths=$(on_host "$1" docker inspect -f '{{.State.Health.Status}}' authentik-{vault-agent,server,worker}-1)
  [[ $healths == $'healthy\nhealthy\nhealthy' ]]
}

# on_each_host FUNCTION: on all hosts at once
on_each_host() {
  local host jobs=() job
  for host in "${hosts[@]}"; do
    "$1" "$host" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job"; done
}
