# What can go wrong between an agent and Vault: its secret-id, its way there, its template.
# shellcheck shell=bash

config_folder=/data/authentik/vault/config
template_file=/data/authentik/vault/templates/.env.tpl

accessor_of() { jq -r --arg host "$1" '.[$host]' "$stack/accessors.json"; }

destroy_accessor() {
  jq -n --arg accessor "$1" '{secret_id_accessor: $accessor}' \
    | vault_as_root write auth/approle/role/authentik/secret-id-accessor/destroy - >/dev/null 2>&1 || true # gone is gone
}

# puts a secret-id (vault_issue_secret_id's answer on stdin) where the agent reads it and remembers its accessor
deliver_secret_id() {
  local answer
  answer=$(cat)
  jq -j .secret_id <<<"$answer" | on_host "$1" sh -c "umask 077; cat >$config_folder/secret-id"
  jq --arg host "$1" --argjson answer "$answer" '.[$host] = $answer.secret_id_accessor' "$stack/accessors.json" \
    >"$stack/accessors.json.new"
  mv "$stack/accessors.json.new" "$stack/accessors.json"
}

# what a healthy host has: a labelled secret-id of full life, its predecessor destroyed, an agent logged in with it
fresh_secret_id() {
  destroy_accessor "$(accessor_of "$1")"
  vault_issue_secret_id "$1" | deliver_secret_id "$1"
  role_unlock
  agent_recreate "$1"
}

describe secret-id-destroyed HOST 'its secret-id is destroyed and its agent has to log in: 400, and soon 403, for the role gets locked'
break_secret_id_destroyed() {
  local since
  since=$(moment)
  destroy_accessor "$(accessor_of "$1")"
  agent_restart "$1"
  wait_until 30 "the agent of $1 to be refused" agent_said "$1" "$since" 'invalid role or secret ID'
}
mend_secret_id_destroyed() { fresh_secret_id "$1"; }

describe secret-id-removed HOST 'the restart trap: the agent deleted its secret-id file after reading and has been restarted'
break_secret_id_removed() {
  local since
  on_host "$1" sed -i '/remove_secret_id_file_after_reading/d' "$config_folder/config.hcl"
  agent_recreate "$1"
  wait_until 30 "$1 to lose its secret-id file" host_lost_secret_id "$1"
  since=$(moment)
  agent_restart "$1"
  wait_until 30 "the agent of $1 to miss its secret-id" agent_said "$1" "$since" 'no known secret ID'
}
mend_secret_id_removed() {
  # while it runs it still takes the file away that it has read
  on_host "$1" docker stop --time 2 authentik-vault-agent-1 >/dev/null 2>&1 || true
  restore_config "$1"
  fresh_secret_id "$1"
}
host_lost_secret_id() { ! on_host "$1" test -e "$config_folder/secret-id"; }
restore_config() {
  on_host "$1" grep -q remove_secret_id_file_after_reading "$config_folder/config.hcl" \
    || on_host "$1" sed -i '/secret_id_file_path/a\      remove_secret_id_file_after_reading = false' "$config_folder/config.hcl"
}

describe restart-trap HOST 'its secret-id file is gone while its agent still runs: well until the next restart'
break_restart_trap() { on_host "$1" rm "$config_folder/secret-id"; }
mend_restart_trap() { fresh_secret_id "$1"; }

describe secret-id-expiring HOST 'its secret-id ends in 24 hours'
break_secret_id_expiring() {
  destroy_accessor "$(accessor_of "$1")"
  vault_issue_secret_id "$1" 24h | deliver_secret_id "$1"
  agent_recreate "$1"
}
mend_secret_id_expiring() { fresh_secret_id "$1"; }

describe secret-id-old-live HOST 'it has a new secret-id and the old one was never destroyed'
break_secret_id_old_live() {
  accessor_of "$1" >"$stack/old-accessor-$1"
  vault_issue_secret_id "$1" | deliver_secret_id "$1"
  agent_recreate "$1"
}
mend_secret_id_old_live() { destroy_accessor "$(<"$stack/old-accessor-$1")"; }

describe secret-id-none 'no host has a live secret-id: every agent ends with its next login'
break_secret_id_none() {
  local host
  for host in "${hosts[@]}"; do destroy_accessor "$(accessor_of "$host")"; done
}
mend_secret_id_none() {
  local host
  for host in "${hosts[@]}"; do fresh_secret_id "$host"; done # one after the other: they share accessors.json
}

describe secret-id-unlabelled HOST 'its secret-id carries no metadata'
break_secret_id_unlabelled() {
  destroy_accessor "$(accessor_of "$1")"
  vault_as_root write -f -format=json auth/approle/role/authentik/secret-id | jq .data | deliver_secret_id "$1"
  agent_recreate "$1"
}
mend_secret_id_unlabelled() { fresh_secret_id "$1"; }

describe secret-id-shared HOST 'it logs in with the secret-id of another host'
break_secret_id_shared() {
  local other=${hosts[0]}
  [[ $1 != "$other" ]] || other=${hosts[1]}
  on_host "$other" cat "$config_folder/secret-id" | on_host "$1" sh -c "cat >$config_folder/secret-id"
  destroy_accessor "$(accessor_of "$1")"
  agent_recreate "$1"
}
mend_secret_id_shared() { fresh_secret_id "$1"; }

describe cidr-bound HOST 'the role takes logins from 10.0.0.0/8 only and its agent has to log in: 400'
break_cidr_bound() {
  local since
  vault_as_root write auth/approle/role/authentik/secret-id-bound-cidrs secret_id_bound_cidrs=10.0.0.0/8 >/dev/null
  since=$(moment)
  agent_restart "$1"
  wait_until 30 "the agent of $1 to be refused" agent_said "$1" "$since" 'CIDR'
}
mend_cidr_bound() {
  vault_as_root delete auth/approle/role/authentik/secret-id-bound-cidrs >/dev/null
  agent_recreate "$1"
}

describe agent-hung HOST 'its agent process is frozen: no login, no renewal, no word in the log'
break_agent_hung() { on_host "$1" docker pause authentik-vault-agent-1 >/dev/null; }
mend_agent_hung() {
  on_host "$1" docker unpause authentik-vault-agent-1 >/dev/null 2>&1 || true
  agent_recreate "$1"
}

describe vault-unreachable HOST 'containers of the host cannot reach Vault'
break_vault_unreachable() {
  local since
  since=$(moment)
  on_host "$1" iptables -I DOCKER-USER -d "$gateway" -p tcp --dport 8200 -j REJECT --reject-with tcp-reset
  wait_until 60 "the agent of $1 to be cut off" agent_said "$1" "$since" 'connection refused'
}
mend_vault_unreachable() {
  on_host "$1" iptables -D DOCKER-USER -d "$gateway" -p tcp --dport 8200 -j REJECT --reject-with tcp-reset 2>/dev/null || true
  agent_recreate "$1"
}

describe template-broken HOST 'its template does not parse'
break_template_broken() {
  local since
  on_host "$1" cp -n "$template_file" "$template_file.well"
  on_host "$1" sed -i '$a {{ .broken' "$template_file"
  since=$(moment)
  agent_restart "$1"
  wait_until 30 "the agent of $1 to refuse its template" agent_said "$1" "$since" 'parse'
}
mend_template_broken() {
  on_host "$1" sh -c "[ ! -e $template_file.well ] || mv $template_file.well $template_file"
  agent_recreate "$1"
}
