# What can go wrong in Vault itself and around the operator: the server, the role, the policy, the token, stray files.
# shellcheck shell=bash

describe seal 'Vault is sealed'
break_seal() {
  vault_as_root operator seal >/dev/null
  wait_until 20 'Vault to be sealed' vault_is_sealed
}
mend_seal() {
  ! vault_is_sealed || vault_unseal
  on_each_host agent_recreate
}
vault_is_sealed() { vault_http sys/seal-status | jq -e .sealed >/dev/null; }

describe vault-down 'Vault does not run: connection refused'
break_vault_down() { end_process "$vault_pid_file"; }
mend_vault_down() {
  process_lives "$vault_pid_file" || vault_spawn
  vault_unseal
  on_each_host agent_recreate
}

describe role-locked HOST 'five wrong secret-ids have locked the AppRole role for every host, and its agent has to log in: 403'
break_role_locked() {
  local attempt since
  for attempt in {1..6}; do
    jq -n --rawfile role "$stack/role-id" --arg wrong "wrong-$attempt" '{role_id: $role, secret_id: $wrong}' \
      | vault_http auth/approle/login -d @- || true # refused, as meant
  done
  wait_until 10 'the role to be locked' role_is_locked
  since=$(moment)
  agent_restart "$1"
  wait_until 30 "the agent of $1 to be refused" agent_said "$1" "$since" 'Code: 403'
}
mend_role_locked() {
  role_unlock
  agent_recreate "$1"
}
role_is_locked() { vault_as_root read -format=json sys/locked-users | jq -e --rawfile role "$stack/role-id" 'tostring | contains($role)'; }
role_unlock() {
  local accessor
  accessor=$(vault_as_root auth list -format=json | jq -r '."approle/".accessor')
  vault_as_root write -f "sys/locked-users/$accessor/unlock/$(<"$stack/role-id")" >/dev/null
}

describe policy-removed 'the policy of the agents is gone: 403 on every secret they fetch'
break_policy_removed() {
  local host since
  since=$(moment)
  vault_as_root policy delete cwiq-shared-authentik-read >/dev/null
  for host in "${hosts[@]}"; do
    wait_until 60 "the agent of $host to meet 403" agent_said "$host" "$since" 'Code: 403'
  done
}
mend_policy_removed() {
  vault_write_policy cwiq-shared-authentik-read >/dev/null
  on_each_host agent_recreate
}

describe policy-drift 'the policy of the agents allows more than documented'
break_policy_drift() {
  { cat "$real/vault/cwiq-shared-authentik-read.hcl"; echo 'path "secret/data/*" { capabilities = ["read"] }'; } \
    | vault_as_root policy write cwiq-shared-authentik-read - >/dev/null
}
mend_policy_drift() { vault_write_policy cwiq-shared-authentik-read >/dev/null; }

describe num-uses 'new secret-ids of the role can be used five times only'
break_num_uses() { vault_as_root write auth/approle/role/authentik/secret-id-num-uses secret_id_num_uses=5 >/dev/null; }
mend_num_uses() { vault_as_root write auth/approle/role/authentik/secret-id-num-uses secret_id_num_uses=0 >/dev/null; }

describe secret-id-ttl-capped 'the role asks for a secret-id life longer than its mount allows'
break_secret_id_ttl_capped() { vault_as_root write auth/approle/role/authentik/secret-id-ttl secret_id_ttl=4320h >/dev/null; }
mend_secret_id_ttl_capped() { vault_as_root write auth/approle/role/authentik/secret-id-ttl secret_id_ttl=720h >/dev/null; }

describe operator-observes "the operator's token may look and not act"
break_operator_observes() { echo 'path "sys/health" { capabilities = ["read"] }' | vault_as_root policy write vaultdeck-operate - >/dev/null; }
mend_operator_observes() { vault_write_policy vaultdeck-operate >/dev/null; }

describe token-dead "the operator's token has been revoked"
break_token_dead() { vault_as_operator token revoke -self >/dev/null; }
mend_token_dead() { vault_login_operator; }

describe token-expiring "the operator's token ends in 200 seconds"
break_token_expiring() {
  vault_as_root token create -ttl=200s -explicit-max-ttl=200s -policy=vaultdeck-observe -policy=vaultdeck-operate -field=token \
    >"$stack/home/.vault-token"
}
mend_token_expiring() { vault_login_operator; }

describe token-root 'the operator works with the root token'
break_token_root() { cp "$stack/root-token" "$stack/home/.vault-token"; }
mend_token_root() { vault_login_operator; }

describe token-file-loose "the operator's token file can be read by everybody"
break_token_file_loose() { chmod 0644 "$stack/home/.vault-token"; }
mend_token_file_loose() { chmod 0600 "$stack/home/.vault-token"; }

describe vault-file-conflict "the operator's ~/.vault is Ansible Vault's password file, which the Vault CLI takes for its configuration"
break_vault_file_conflict() { echo 'ansible vault password' >"$stack/home/.vault"; }
mend_vault_file_conflict() { rm -f "$stack/home/.vault"; }

describe ansible-diff 'ansible.cfg always shows differences: secret-ids would land in its output'
break_ansible_diff() { printf '\n[diff]\nalways = True\n' >>"$stack/ansible/ansible.cfg"; }
mend_ansible_diff() { cp "$real/ansible/ansible.cfg" "$stack/ansible/ansible.cfg"; }
