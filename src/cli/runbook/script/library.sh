# ---------------------------------------------------------------------------------------------------------------------
# What the steps above are made of. No secret is an argument or an environment variable of a process: values stand in
# variables of this shell, in what its own printf writes to a pipe, and in files on RAM that are removed after use.

NEWLINE='
'

say() { printf '%s\n' "$*" >&2; }
die() { say "failed: $*"; [ -z "${ERR-}" ] || say "$ERR"; exit 2; }
hold() { say "held: $*"; [ -z "${ERR-}" ] || say "$ERR"; exit 3; }
needs() { die "does not hold, or cannot be told: $*"; }
UNMET=0
unmet() { UNMET=$((UNMET + 1)); say "    DOES NOT HOLD, or cannot be told: $*"; }
unasked() { say "    not asked by a script: $*"; }
told() { eval "say \"    $1 = \$(printf '%s' \"\$$2\" | head -n 1)\""; }

prepare() {
  set +x
  umask 077
  for tool in "$@" python3; do command -v "$tool" >/dev/null || die "$tool is not here"; done
  RAM=$(mktemp -d "${RAM_FOLDER:-/dev/shm}/vaultdeck.XXXXXX") || die "no file system on RAM"
  trap 'rm -rf "$RAM"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  INPUT='' OUT='' ERR='' STATUS=0
}

# confirm NAME SENTENCE: on a terminal somebody types the name; without one the decision was made before
confirm() {
  say "$2"
  [ -t 0 ] || return 0
  printf 'type %s to go on: ' "$1" >&2
  IFS= read -r typed && [ "$typed" = "$1" ] || die "not confirmed"
}

# ask NAME QUESTION PATTERN: a secret, from the terminal without echo or from standard input
ask() {
  printf '%s: ' "$2" >&2
  [ ! -t 0 ] || stty -echo
  IFS= read -r answered || answered=
  [ ! -t 0 ] || { stty echo; say ''; }
  printf '%s' "$answered" | whole "$3" || die "$1 is not accepted"
  eval "$1=\$answered"
  answered=
}

# takes NAME VALUE PATTERN WORDS: an answer that was given in the environment
takes() { printf '%s' "$2" | whole "$3" || die "$1 is not accepted: $4"; }
# one_of NAME VALUE CHOICE...
one_of() { name=$1 value=$2; shift 2; is "$value" "$@" || die "$name is one of: $*"; }

is() {
  value=$1
  shift
  for one in "$@"; do [ "$value" != "$one" ] || return 0; done
  return 1
}

# answer COMMAND...: carries it out with $INPUT on its standard input
answer() {
  STATUS=0
  if [ -n "$INPUT" ]; then
    OUT=$(printf '%s' "$INPUT" | "$@" 2>"$RAM/errors${NUMBER-}") || STATUS=$?
  else
    OUT=$("$@" 2>"$RAM/errors${NUMBER-}" </dev/null) || STATUS=$?
  fi
  ERR=$(cat "$RAM/errors${NUMBER-}")
  INPUT=''
}

in_folder() { cd "$1" && shift && "$@"; }

quoted() { for word in "$@"; do printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"; done; }

# on_host FOLDER COMMAND...: on $HOST, through ssh, without a secret among its words
on_host() {
  folder=$1
  shift
  # shellcheck disable=SC2086 # $SSH and $BECOME are words
  $SSH -o BatchMode=yes "$HOST" "${folder:+cd $(quoted "$folder")&& }$BECOME $(quoted "$@")"
}

hosts() { printf '%s' "${HOSTS:?hosts of the deployment, separated by commas}" | tr ',' ' '; }
items() { printf '%s' "$1" | tr ',' ' '; }

# keep NAME: the value is that of the host in hand; host_values NAME...: the values of the host in hand
keep() { eval "$1_$NUMBER=\$$1"; }
host_values() { for name in "$@"; do eval "$name=\${${name}_$NUMBER-}"; done; }

# since STEP: the moment at which a step begins, by the clock of the host in hand where there is one
since() {
  if [ -n "${HOST-}" ]; then moment=$(on_host '' date -u +%Y-%m-%dT%H:%M:%SZ </dev/null); else moment=$(date -u +%Y-%m-%dT%H:%M:%SZ); fi
  eval "SINCE_$1${HOST:+_$NUMBER}=\$moment"
}
begun() { eval "printf '%s' \"\${SINCE_$1_${NUMBER-}:-\${SINCE_$1-}}\""; }

# --- texts ---

escaped() {
  rest=$1 text=''
  while [ -n "$rest" ]; do
    first=${rest%"${rest#?}"}
    rest=${rest#?}
    case $first in
      '"') text="$text\\\"" ;;
      \\) text="$text\\\\" ;;
      "$NEWLINE") text="$text\\n" ;;
      *) text="$text$first" ;;
    esac
  done
  printf '%s' "$text"
}

# json NAME VALUE...: one object of strings
json() {
  separator='{'
  while [ $# -gt 1 ]; do
    printf '%s"%s":"%s"' "$separator" "$1" "$(escaped "$2")"
    separator=','
    shift 2
  done
  printf '}\n'
}

# passfile FIELD...: one line as libpq reads it
passfile() {
  separator=''
  for field in "$@"; do
    rest=$field text=''
    while [ -n "$rest" ]; do
      first=${rest%"${rest#?}"}
      rest=${rest#?}
      case $first in : | \\) text="$text\\$first" ;; *) text="$text$first" ;; esac
    done
    printf '%s%s' "$separator" "$text"
    separator=':'
  done
  printf '\n'
}

# random LENGTH: letters and digits
random() {
  text=''
  while [ "${#text}" -lt "$1" ]; do
    text=$text$(head -c 256 /dev/urandom | LC_ALL=C tr -dc 'A-Za-z0-9')
  done
  printf '%s' "$text" | head -c "$1"
}

# --- answers ---

# at POINTER: one place of the JSON in $OUT; fails when it is not there
at() {
  printf '%s' "$OUT" | python3 -c '
import json, sys
try:
    value = json.load(sys.stdin)
    for part in sys.argv[1].split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        value = value[int(part)] if isinstance(value, list) else value[part]
except (KeyError, IndexError, ValueError, TypeError):
    sys.exit(3)
if value is None:
    sys.exit(3)
if isinstance(value, list):
    value = ",".join(str(one) for one in value if one is not None)
print(value if isinstance(value, str) else json.dumps(value))' "$1"
}

# group PATTERN: its first group in $OUT; fails when nothing matches
group() {
  printf '%s' "$OUT" | python3 -c '
import re, sys
found = re.search(sys.argv[1], sys.stdin.read())
if not found:
    sys.exit(3)
print(found.group(1) if found.re.groups else found.group(0))' "$1"
}

# whole PATTERN: whether all of the standard input matches
whole() { python3 -c 'import re, sys; sys.exit(0 if re.fullmatch(sys.argv[1], sys.stdin.read()) else 1)' "$1"; }

holds_text() { case $1 in *"$2"*) return 0 ;; *) return 1 ;; esac; }
says() { if holds_text "$OUT$NEWLINE$ERR" "$1"; then printf true; else printf false; fi; }
missing() { [ "$STATUS" -ne 0 ] && { is "$OUT" '{}' || printf '%s' "$ERR" | grep -qE 'No value found|No policy named|No secret exists'; }; }
exists() { if [ "$STATUS" -eq 0 ]; then printf true; elif missing; then printf false; else return 1; fi; }

# definitely: whether the failure is a refusal of the service, and not a lost reply
definitely() {
  is "$STATUS" 1 2 252 253 254 || return 1
  ! printf '%s' "$ERR" | grep -qiE 'InternalFailure|InternalError|ServiceUnavailable|RequestTimeout|timed? ?out|connection'
}

# wait_until SECONDS WORDS CONDITION...: a bounded loop
wait_until() {
  deadline=$(($(date +%s) + $1))
  words=$2
  shift 2
  until "$@" </dev/null; do
    [ "$(date +%s)" -lt "$deadline" ] || return 1
    sleep 2
  done
  say "    $words"
}

# --- conditions ---

vault_unsealed() { vault status >/dev/null 2>&1; }
token_outlives() {
  OUT=$(vault token lookup -format=json 2>/dev/null) || return 1
  at /data/expire_time >/dev/null || return 0
  [ "$(at /data/ttl)" -ge "$1" ] || [ "$(at /data/renewable)" = true ]
}
kv_has_versions() {
  OUT=$(vault read -format=json "sys/internal/ui/mounts/$KV_MOUNT" 2>/dev/null) && [ "$(at /data/options/version)" = 2 ]
}
role_unlocked() {
  role_id=$(vault read -field=role_id "auth/$APPROLE_MOUNT/role/$ROLE/role-id") || return 1
  locked=$(vault read -format=json sys/locked-users) || return 1
  ! holds_text "$locked" "$role_id"
}
tokens_live() { OUT=$(vault read -format=json "auth/$APPROLE_MOUNT/role/$ROLE") && [ "$(at /data/token_ttl)" = "$1" ]; }
ttls_granted() {
  OUT=$(vault read -format=json "sys/mounts/auth/$APPROLE_MOUNT/tune") || return 1
  most=$(at /data/max_lease_ttl) || return 1
  OUT=$(vault read -format=json "auth/$APPROLE_MOUNT/role/$ROLE") || return 1
  for asked in token_ttl token_max_ttl secret_id_ttl; do [ "$(at "/data/$asked")" -le "$most" ] || return 1; done
}
# secret_whole PATH KEY...
secret_whole() {
  OUT=$(vault read -format=json "$KV_MOUNT/subkeys/$1" 2>/dev/null) || return 1
  shift
  keys=$(at /data/subkeys) || return 1
  for key in "$@"; do holds_text "$keys" "\"$key\"" || return 1; done
}
secret_at() { OUT=$(vault kv metadata get -format=json "$KV_MOUNT/$1" 2>/dev/null) && [ "$(at /data/current_version)" = "$2" ]; }
# secret_free PATH [DEAD-RUN]
secret_free() {
  OUT=$(vault kv metadata get -format=json "$KV_MOUNT/$1" 2>/dev/null) || return 0
  [ "$(at /data/custom_metadata/rotation_state)" != started ] || is "$(at /data/custom_metadata/rotation_run)" "$RUN" "${2-}"
}
instance() { OUT=$(aws rds describe-db-instances --db-instance-identifier "$INSTANCE" --profile "$AWS_PROFILE" --output json); }
rds_available() { instance && [ "$(at /DBInstances/0/DBInstanceStatus)" = available ]; }
rds_nothing_pending() { instance && is "$(at /DBInstances/0/PendingModifiedValues)" '{}' ''; }
rds_password_ours() { instance && ! at /DBInstances/0/MasterUserSecret >/dev/null; }
rds_master_is() { instance && [ "$(at /DBInstances/0/MasterUsername)" = "$1" ]; }
rds_endpoint_is() {
  instance && [ "$(at /DBInstances/0/Endpoint/Address)" = "$1" ] && [ "$(at /DBInstances/0/Endpoint/Port)" = "$2" ]
}
# rds_password_applied STEP
rds_password_applied() {
  rds_available && rds_nothing_pending || return 1
  OUT=$(aws rds describe-events --source-type db-instance --source-identifier "$INSTANCE" --start-time "$(begun "$1")" \
    --profile "$AWS_PROFILE" --output json) || return 1
  printf '%s' "$OUT" | grep -qiE 'reset[^"]*master|master[^"]*reset'
}
right_account() {
  OUT=$(aws sts get-caller-identity --profile "$AWS_PROFILE" --output json) || return 1
  [ -z "$ACCOUNT" ] || [ "$(at /Account)" = "$ACCOUNT" ]
}
login_proved() {
  OUT=$(vault kv get -format=json "$KV_MOUNT/$DATABASE_SECRET") || return 1
  host=$(at /data/data/pg_host) port=$(at /data/data/pg_port) user=$(at /data/data/pg_user) name=$(at /data/data/pg_name)
  passfile "$host" "$port" "$name" "$user" "$(at /data/data/pg_password)" >"$RAM/login"
  got=$(psql "host=$host port=$port user=$user dbname=$name $DATABASE_TLS passfile=$RAM/login" -tA -c 'select 1' 2>/dev/null) || got=
  rm -f "$RAM/login"
  [ "$got" = 1 ]
}

# of $HOST, or of every host where none is in hand
each_host() {
  if [ -n "${HOST-}" ]; then "$@"; return; fi
  NUMBER=0
  for HOST in $(hosts); do
    NUMBER=$((NUMBER + 1))
    "$@" || { HOST='' NUMBER=''; return 1; }
  done
  HOST='' NUMBER=''
}
hosts_reached() { each_host on_host '' true; }
agents_logged_in() { each_host agent_logged_in "$@"; }
agent_logged_in() {
  id=$(on_host "$ROOT" docker compose ps -q "$AGENT") && [ -n "$id" ] || return 1
  [ "$(on_host '' docker inspect --format '{{.State.Running}}' "$id")" = true ] || return 1
  log=$(on_host "$ROOT" docker compose logs --no-log-prefix ${1:+--since "$(begun "$1")"} "$AGENT" 2>&1) || return 1
  OUT=$log
  is "$(group '(?s).*(authentication successful|renewed auth token|error authenticating|no known secret ID|error renewing token)')" \
    'authentication successful' 'renewed auth token'
}
agents_can_log_in_again() { each_host on_host '' test -s "$CONFIG_FOLDER/secret-id"; }
# rendered PATH: what the .env holds is what Vault holds, told by digests of a salt of the moment
rendered() {
  OUT=$(vault kv get -format=json "$KV_MOUNT/$1") || return 1
  names='' values=''
  while read -r variable key; do
    value=$(at "/data/data/$key") || continue
    names="$names $variable" values="$values$value$NEWLINE"
  done <<END
AUTHENTIK_POSTGRESQL__HOST pg_host
AUTHENTIK_POSTGRESQL__USER pg_user
AUTHENTIK_POSTGRESQL__PASSWORD pg_password
AUTHENTIK_POSTGRESQL__NAME pg_name
AUTHENTIK_SECRET_KEY secret_key
END
  salt=$(random 16)
  ours=$(printf '%s\n%s' "$salt" "$values" | sha256sum)
  values='' value=''
  each_host holds_digest "$salt" "$ours" "$names"
}
holds_digest() {
  # shellcheck disable=SC2016 # for the shell in the container
  theirs=$(on_host "$ROOT" docker compose exec -T "$AGENT" sh -c '
    { printf "%s\n" "$1"; shift 2; for name in $*; do
        sed -n "s/^$name=//p" "$0" | tail -n 1 | sed "s/^\"\(.*\)\"\$/\1/; s/^'"'"'\(.*\)'"'"'\$/\1/"
      done; } | sha256sum' "$ENV_FILE" "$1" -- "$3") || return 1
  [ "$theirs" = "$2" ]
}
apps_healthy() { each_host app_healthy "$@"; }
app_healthy() {
  for service in "$SERVER" "$WORKER"; do
    id=$(on_host "$ROOT" docker compose ps -q "$service") && [ -n "$id" ] || return 1
    OUT=$(on_host '' docker inspect --format '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}} {{.State.StartedAt}}' "$id") || return 1
    case $OUT in 'running healthy '*) ;; *) return 1 ;; esac
    [ -z "${1-}" ] || later "${OUT##* }" "$(begun "$1")" || return 1
  done
}
# later ONE OTHER: whether a moment is not before another
later() { [ "$(printf '%s\n%s\n' "${1%%.*}" "${2%Z}" | sed 's/Z$//' | LC_ALL=C sort | head -n 1)" = "${2%Z}" ]; }
authentik_at_least() { each_host authentik_is_at_least "$1"; }
authentik_is_at_least() {
  id=$(on_host "$ROOT" docker compose ps -q "$SERVER") || return 1
  image=$(on_host '' docker inspect --format '{{.Config.Image}}' "$id") || return 1
  [ "$(printf '%s\n%s\n' "$1" "${image##*:}" | sort -V | head -n 1)" = "$1" ]
}
apps_started_after_agent() { each_host app_started_after_agent; }
started_at() { on_host '' docker inspect --format '{{.State.StartedAt}}' "$(on_host "$ROOT" docker compose ps -q "$1")"; }
app_started_after_agent() {
  agent_started=$(started_at "$AGENT") || return 1
  for service in "$SERVER" "$WORKER"; do later "$(started_at "$service")" "${agent_started%%.*}" || return 1; done
}
file_there() {
  case $1 in
    config) each_host on_host '' test -e "$CONFIG_FOLDER/config.hcl" ;;
    role-id) each_host on_host '' test -e "$CONFIG_FOLDER/role-id" ;;
    template) each_host on_host '' test -e "$TEMPLATE_FILE" ;;
    env) each_host on_host "$ROOT" docker compose exec -T "$AGENT" test -e "$ENV_FILE" ;;
  esac
}
env_on_ram() { each_host is_on_ram; }
is_on_ram() { [ "$(on_host "$ROOT" docker compose exec -T "$AGENT" stat -f -c %T "$ENV_FILE")" = tmpfs ]; }
# injected VARIABLE PATH KEY
injected() { each_host is_injected "$@"; }
is_injected() {
  on_host '' grep -q "$KV_MOUNT/data/$2" "$TEMPLATE_FILE" && on_host '' grep -q "$3" "$TEMPLATE_FILE" \
    && on_host "$ROOT" docker compose exec -T "$AGENT" grep -q "^$1=..*" "$ENV_FILE"
}
agent_configured() { each_host is_configured "$1"; }
is_configured() {
  on_host '' grep -Eq 'method +"approle"' "$CONFIG_FOLDER/config.hcl" || return 1
  interval=$(on_host '' grep -Eo 'static_secret_render_interval *= *"?[0-9]+[a-z]*' "$CONFIG_FOLDER/config.hcl") || interval=5m
  is "${interval##*[ \"=]}" "${1}s" "$1" "$(($1 / 60))m"
}
