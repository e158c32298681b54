# What can go wrong with the secrets themselves, and with what the hosts made of them.
# shellcheck shell=bash

# kv_patch NAME: a JSON object on stdin, merged into the secret
kv_patch() { vault_as_root kv patch -mount=secret "$secrets_path/$1" - >/dev/null; }

kv_metadata() { # NAME: a JSON object on stdin, merged into the secret's metadata
  vault_http "secret/metadata/$secrets_path/$1" -X PATCH -d @- -H 'Content-Type: application/merge-patch+json' \
    -H @<(printf 'X-Vault-Token: %s' "$(<"$stack/root-token")") >/dev/null
}

all_rendered() {
  local host
  for host in "${hosts[@]}"; do wait_until 60 "$host to render" env_current "$host"; done
}

describe key-missing 'the secret has lost pg_name: every .env says <no value>'
break_key_missing() {
  local host
  jq -n '{pg_name: null}' | kv_patch database
  for host in "${hosts[@]}"; do wait_until 60 "<no value> on $host" on_host "$host" grep -q '<no value>' "$env_file"; done
}
mend_key_missing() {
  jq -n '{pg_name: "authentik"}' | kv_patch database
  on_each_host settle
}

describe kv-deleted 'the current version of the database secret is deleted: agents find no secret'
break_kv_deleted() {
  local host since
  since=$(moment)
  vault_as_root kv delete -mount=secret "$secrets_path/database" >/dev/null
  for host in "${hosts[@]}"; do
    wait_until 60 "the agent of $host to miss it" agent_said "$host" "$since" 'no secret exists at'
  done
}
mend_kv_deleted() {
  local version
  version=$(vault_as_root kv metadata get -mount=secret -format=json "$secrets_path/database" | jq .data.current_version)
  vault_as_root kv undelete -mount=secret -versions="$version" "$secrets_path/database" >/dev/null
  on_each_host agent_recreate
}

describe half-rotation 'a rotation stopped half way: Vault and every .env hold a password the database does not know'
break_half_rotation() {
  kv_metadata database <<<'{"custom_metadata": {"rotation_state": "started"}}'
  random_text 32 | jq -R '{pg_password: .}' | kv_patch database
  all_rendered
}
mend_half_rotation() {
  jq -n --rawfile password "$stack/database-password" '{pg_password: $password}' | kv_patch database
  kv_metadata database <<<'{"custom_metadata": {"rotation_state": null}}'
  on_each_host settle
}

describe stale-env 'every .env holds a new secret key, server and worker still run with the old one'
break_stale_env() {
  random_text 64 | jq -R '{secret_key: .}' | kv_patch config
  all_rendered
}
mend_stale_env() { on_each_host settle; }

describe secret-shape 'the secret key is shorter than 50 characters'
break_secret_shape() {
  random_text 40 | jq -R '{secret_key: .}' | kv_patch config
  all_rendered
}
mend_secret_shape() {
  random_text 64 | jq -R '{secret_key: .}' | kv_patch config
  on_each_host settle
}

describe lagging-host HOST 'its agent hangs while the others render a new secret key'
break_lagging_host() {
  local host
  on_host "$1" docker pause authentik-vault-agent-1 >/dev/null
  random_text 64 | jq -R '{secret_key: .}' | kv_patch config
  for host in "${hosts[@]}"; do
    [[ $host == "$1" ]] || wait_until 60 "$host to render" env_current "$host"
  done
}
mend_lagging_host() {
  on_host "$1" docker unpause authentik-vault-agent-1 >/dev/null 2>&1 || true
  on_each_host settle
}

describe cas-required 'the database secret takes no write without check-and-set'
break_cas_required() { kv_metadata database <<<'{"cas_required": true}'; }
mend_cas_required() { kv_metadata database <<<'{"cas_required": false}'; }

describe few-versions 'the database secret keeps two versions only'
break_few_versions() { kv_metadata database <<<'{"max_versions": 2}'; }
mend_few_versions() { kv_metadata database <<<'{"max_versions": 0}'; }
