# Every part of the stack, for the scripts that deal with the whole of it. Sourced, never run.
# shellcheck shell=bash
parts=$(dirname "${BASH_SOURCE[0]}")
source "$parts/paths.sh"
source "$parts/engine.sh"
source "$parts/images.sh"
source "$parts/network.sh"
source "$parts/hosts.sh"
source "$parts/ca.sh"
source "$parts/vault.sh"
source "$parts/database.sh"
source "$parts/rds.sh"
source "$parts/deploy.sh"
source "$parts/wellness.sh"
source "$parts/profile.sh"
umask 077 # what the stack writes down holds keys, tokens and passwords
