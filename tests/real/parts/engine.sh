# The machine's Docker engine: the one that runs, or one of our own where nothing starts it (no systemd as PID 1).
# An engine of our own is shared by all stacks of the machine and ends with the last of them.
# shellcheck shell=bash

engine_pid_file=/run/vaultdeck-tests/dockerd.pid

engine_answers() { docker info >/dev/null 2>&1; }

engine_start() {
  ! engine_answers || return 0
  mkdir -p "${engine_pid_file%/*}"
  setsid dockerd >"${engine_pid_file%.pid}.log" 2>&1 </dev/null 9>&- &
  echo $! >"$engine_pid_file"
  wait_until 60 'the Docker engine' engine_decided
  engine_answers || engine_unavailable
  remove_leftovers
}

# An engine that has just been started has no living stack, only what one left that was ended hard.
remove_leftovers() {
  docker ps -aq --filter label=vaultdeck.stack | xargs -r docker rm -f -v
  docker network ls -q --filter label=vaultdeck.stack | xargs -r docker network rm
  docker volume ls -q --filter 'name=^vaultdeck-' | xargs -r docker volume rm
} >/dev/null

engine_decided() { engine_answers || ! process_lives "$engine_pid_file"; }

# 69, so that `tests/run` tells a machine without an engine from a broken stack
engine_unavailable() {
  rm -f "$engine_pid_file"
  say "no docker engine can run here, see ${engine_pid_file%.pid}.log"
  exit 69
}

engine_stop_if_idle() {
  [[ -f $engine_pid_file ]] || return 0
  [[ -z $(docker ps -q 2>/dev/null) ]] || return 0
  end_process "$engine_pid_file"
}
