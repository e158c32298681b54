# Where everything of the real stack lives, and the few words every script of it uses. Sourced, never run.
# shellcheck shell=bash
shopt -s inherit_errexit # what fails inside $(…) fails the script too

real=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)   # tests/real
repository=$(cd "$real/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vaultdeck-tests    # kept between runs: the Python venv and the hosts' root file system
venv=$cache/venv
stack=$(realpath -m "${VAULTDECK_STACK:-$repository/target/real/stack}")
hosts=(authentik-1 authentik-2 authentik-3)
secrets_path=cwiq/shared/authentik
instance=cwiq-shared-authentik-postgres

PATH=$venv/bin:/usr/sbin:/sbin:$PATH

say() { printf '%s\n' "$*" >&2; }

die() { say "$0: $*"; exit 1; }

# wait_until SECONDS WHAT COMMAND...: polls until the command succeeds, or gives up saying what it waited for
wait_until() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || die "gave up waiting for $what"
    sleep 0.2
  done
}

# ends the process whose id a file holds, waits till it is gone, and forgets the file
end_process() {
  [[ -f $1 ]] || return 0
  local pid
  pid=$(<"$1")
  if kill "$pid" 2>/dev/null; then
    wait_until 30 "process $pid to end" process_gone "$pid"
  fi
  rm -f "$1"
}

process_gone() { ! kill -0 "$1" || [[ $(ps -o stat= -p "$1") == Z* ]]; }

process_lives() { [[ -f $1 ]] && ! process_gone "$(<"$1")" 2>/dev/null; }
