# Every part of the stack, for the scripts that deal with the whole of it. Sourced, never run.
# shellcheck shell=bash
part=$(dirname "${BASH_SOURCE[0]}")
for name in paths engine images network hosts ca vault database rds deploy wellness profile; do
  # shellcheck source=/dev/null
  source "$part/$name.sh"
done
umask 077
