# Looks around and says what it saw, one fact a line. For any POSIX shell (dash, bash, busybox), fed to `sh -s` after
# lines that set:
#
#   part    host: clock, swap and the agent's files     env: the rendered .env, inside a container that mounts it
#   nonce   a word around the report, so that nothing a login shell prints is taken for it
#   config role_id secret_id template    paths (host)          env    path (env)
#   salt    hexadecimal, known to one run of vaultdeck only; it comes on standard input and is in no argument
#
# Foreign text is printed in hexadecimal and names are printed only when they are plain words, so no file can forge a
# line. A value of .env is never printed; its digest is
#
#   sha256( salt LF key LF value )      value: what stands behind the first "=", without quotes around it
#
# and is taken through builtin printf and a pipe: no value stands in an argument either.
set -f
LC_ALL=C
export LC_ALL

say() { printf '%s\n' "$*"; }
hex() { od -A n -v -t x1 | tr -d ' \n'; }

# file NAME PATH: `file NAME MODE UID GID SIZE MTIME`, `absent NAME` or `closed NAME WHY`
file() {
  if seen=$(stat -L -c '%a %u %g %s %Y' "$2" 2>&1); then
    say file "$1" "$seen"
  else
    case $seen in
      *'No such file'*) say absent "$1" ;;
      *) say closed "$1" "$(say "$seen" | hex)" ;;
    esac
  fi
}

# text NAME PATH: `text NAME HEX`; nothing for a file that cannot be read, `file` has told why or its mode does
text() {
  [ -r "$2" ] && [ -f "$2" ] && say text "$1" "$(head -c 65536 "$2" | hex)"
}

clock() { say "$1" "$(date +%s.%N)"; }

# swap in compressed RAM reaches no disk
swap() {
  [ -r /proc/swaps ] || return
  active=no
  while read -r device _; do
    case $device in Filename | *zram*) ;; *) active=yes ;; esac
  done </proc/swaps
  say swap "$active"
}

# the type of the file system that a path lies on
file_system() {
  deepest= kind=
  while read -r _ point type _; do
    case $1/ in
      "${point%/}"/*) [ ${#point} -ge ${#deepest} ] && deepest=$point kind=$type ;;
    esac
  done </proc/mounts
  case $kind in '' | *[!a-z0-9._-]*) ;; *) say filesystem "$kind" ;; esac
}

find_digester() {
  case $(command -v printf) in */*) return ;; esac # not a builtin: values would stand in its arguments
  for digester in 'sha256sum' 'shasum -a 256' 'openssl dgst -sha256 -r'; do
    command -v "${digester%% *}" >/dev/null && return
  done
  digester=
}

digest() {
  [ -n "$digester" ] || return
  sum=$(printf '%s\n%s\n%s' "$salt" "$1" "$2" | $digester)
  say "${sum%% *}"
}

# pair KEY=VALUE: `key KEY full|empty|no-value DIGEST`
pair() {
  key=${1%%=*} value=${1#*=} shape=full
  case $key in '' | [0-9]* | *[!A-Za-z0-9_]*) return ;; esac
  case $value in
    \"*\") value=${value#\"} value=${value%\"} ;;
    \'*\') value=${value#\'} value=${value%\'} ;;
  esac
  case $value in '') shape=empty ;; *'<no value>'*) shape=no-value ;; esac
  say key "$key" "$shape" "$(digest "$key" "$value")"
}

# marker '# kv NAME vVERSION ...': `marker NAME VERSION`
marker() {
  # shellcheck disable=SC2086 # split into words, no globbing (set -f)
  set -- $1
  name=$3 version=${4#v}
  case $name in '' | *[!A-Za-z0-9._/-]*) return ;; esac
  case $version in '' | *[!0-9]*) return ;; esac
  say marker "$name" "$version"
}

look_at_host() {
  clock began
  swap
  file config "$config"
  file role_id "$role_id"
  file secret_id "$secret_id"
  file template "$template"
  text config "$config"
  text template "$template"
  clock ended
}

look_at_env() {
  file env "$env"
  file_system "$env"
  [ -r "$env" ] || return
  digester=
  find_digester
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      '# kv '*) marker "$line" ;;
      'export '*=*) pair "${line#export }" ;;
      [A-Za-z_]*=*) pair "$line" ;;
    esac
  done <"$env"
  say read env
}

say begin "$nonce"
case $part in
  host) look_at_host ;;
  env) look_at_env ;;
esac
say end "$nonce"
exit 0
