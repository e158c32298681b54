# How faults are named, listed and found. Each is declared in faults/*.sh by `describe NAME [HOST] TEXT`, with
# break_NAME and mend_NAME beside it; HOST says that it strikes one host. Sourced, never run.
# shellcheck shell=bash

# shellcheck source=tests/real/parts/all.sh
source "$(dirname "${BASH_SOURCE[0]}")/all.sh"

declare -A fault_text=() fault_scope=()

describe() { # NAME [HOST] TEXT
  fault_scope[$1]=''
  [[ $# -eq 2 ]] || fault_scope[$1]=$2
  fault_text[$1]=${!#}
}

list_faults() {
  local name
  for name in $(printf '%s\n' "${!fault_text[@]}" | sort); do
    printf '%-36s %s\n' "$name ${fault_scope[$name]}" "${fault_text[$name]}"
  done
}

# choose_fault NAME [HOST]: sets action (the name as in a function's), host (empty for the whole stack) and mark (its file)
choose_fault() {
  local name=${1:-}
  [[ -n ${fault_text[$name]:-} ]] || die "no fault '$name'; see $real/fault --list"
  [[ -f $stack/facts.json ]] || die "no stack is up in $stack; start it with $real/up"
  network_of_slot
  action=${name//-/_}
  host='' mark=$name
  if [[ ${fault_scope[$name]} == HOST ]]; then
    host=${2:-${hosts[0]}}
    [[ " ${hosts[*]} " == *" $host "* ]] || die "no host '$host'"
    mark=$name@$host
  fi
}

for file in "$real"/faults/*.sh; do
  # shellcheck source=/dev/null
  source "$file"
done
