# The Vault of the stack: a real OpenBao (raft, TLS, audit file), the documented paths, role and policies, and an operator.
# shellcheck shell=bash

token_ttl=${VAULTDECK_TOKEN_TTL:-5m}
token_max_ttl=${VAULTDECK_TOKEN_MAX_TTL:-20m}
vault_pid_file=$stack/vault.pid

vault_cli() { BAO_ADDR=https://$gateway:8200 BAO_CACERT=$stack/tls/ca.pem bao "$@"; }

vault_as_root() { BAO_TOKEN=$(<"$stack/root-token") vault_cli "$@"; }

vault_as_operator() { BAO_TOKEN=$(<"$stack/home/.vault-token") vault_cli "$@"; }

# vault_http PATH [CURL-OPTION...]: where a value must not be in an argv, or the CLI has no words
vault_http() {
  local path=$1
  shift
  curl -sf --cacert "$stack/tls/ca.pem" "$@" "https://$gateway:8200/v1/$path"
}

vault_listens() { vault_cli status || (($? == 2)); } # 2: sealed or not yet initialised, but there

vault_active() { vault_http sys/health; }

vault_start() {
  certificate vault vault.internal
  mkdir -p "$stack/vault/raft"
  cat >"$stack/vault/server.hcl" <<END
storage "raft" {
  path                   = "$stack/vault/raft"
  node_id                = "vault-1"
  performance_multiplier = "1"
}
listener "tcp" {
  address       = "$gateway:8200"
  tls_cert_file = "$stack/tls/vault.pem"
  tls_key_file  = "$stack/tls/vault.key"
}
audit "file" "file" {
  options { file_path = "$stack/vault/audit.log" }
}
api_addr     = "https://$gateway:8200"
cluster_addr = "https://$gateway:8201"
cluster_name = "stack"
END
  vault_spawn
  vault_initialise
  vault_unseal
  vault_configure
}

vault_spawn() {
  setsid bao server -config="$stack/vault/server.hcl" >>"$stack/vault/server.log" 2>&1 </dev/null &
  echo $! >"$vault_pid_file"
  wait_until 30 "Vault (its log: $stack/vault/server.log)" vault_listens
}

vault_initialise() {
  local answer
  answer=$(vault_cli operator init -key-shares=1 -key-threshold=1 -format=json)
  jq -j .root_token <<<"$answer" >"$stack/root-token"
  jq -j '.unseal_keys_b64[0]' <<<"$answer" >"$stack/unseal-key"
}

# the key goes in a body on stdin, never in an argv
vault_unseal() {
  jq -n --rawfile key "$stack/unseal-key" '{key: $key}' | vault_http sys/unseal -X PUT -d @- >/dev/null
  wait_until 30 'Vault to be active' vault_active
}

vault_configure() {
  local policy
  vault_as_root secrets enable -path=secret -version=2 kv
  vault_as_root secrets enable -path=kv1 -version=1 kv
  for policy in "$real"/vault/*.hcl; do vault_write_policy "$(basename "$policy" .hcl)"; done
  vault_as_root auth enable approle
  vault_as_root write auth/approle/role/authentik token_policies=cwiq-shared-authentik-read \
    token_ttl="$token_ttl" token_max_ttl="$token_max_ttl" secret_id_ttl=720h secret_id_num_uses=0
  vault_as_root read -field=role_id auth/approle/role/authentik/role-id >"$stack/role-id"
  vault_as_root auth enable userpass
  vault_user operator vaultdeck-observe,vaultdeck-operate
  vault_user ansible ansible
} >/dev/null

# without our own comments: the text in Vault is the documented one
vault_write_policy() { grep -v '^#' "$real/vault/$1.hcl" | vault_as_root policy write "$1" -; }

# a user whose password lies in a 0600 file of the stack
vault_user() {
  random_text 24 >"$stack/password-$1"
  jq -n --rawfile password "$stack/password-$1" --arg policies "$2" '{password: $password, token_policies: $policies, token_ttl: "8h"}' \
    | vault_as_root write "auth/userpass/users/$1" -
}

random_text() { openssl rand -base64 $(($1 * 2)) | tr -dc 'a-zA-Z0-9' | head -c "$1"; }

# what `vault login` leaves behind: the token file of the operator
vault_login_operator() {
  mkdir -p "$stack/home"
  jq -n --rawfile password "$stack/password-operator" '{password: $password}' \
    | vault_http auth/userpass/login/operator -d @- | jq -j .auth.client_token >"$stack/home/.vault-token"
}

operator_token_lives() { vault_as_operator token lookup; }

# the documented secrets; the password is the one the database got
vault_store_secrets() {
  jq -n --arg host "$gateway" --arg user authentik --arg name authentik --rawfile password "$stack/database-password" \
    '{pg_host: $host, pg_port: "5432", pg_user: $user, pg_name: $name, pg_password: $password}' \
    | vault_as_root kv put -mount=secret "$secrets_path/database" -
  jq -n --arg key "$(random_text 64)" '{secret_key: $key}' | vault_as_root kv put -mount=secret "$secrets_path/config" -
  vault_as_root kv metadata put -mount=secret -custom-metadata=rotated_by=operator -custom-metadata=ticket=OPS-1 "$secrets_path/database"
  vault_as_root kv metadata put -mount=secret -custom-metadata=rotated_by=operator -custom-metadata=ticket=OPS-2 "$secrets_path/config"
  jq -n '{from: "before version 2"}' | vault_as_root kv put -mount=kv1 "$secrets_path/legacy" -
} >/dev/null

# vault_issue_secret_id HOST [TTL]: issues one labelled with its host, prints secret_id and secret_id_accessor
vault_issue_secret_id() {
  jq -n --arg host "$1" --arg ttl "${2:-720h}" \
    '{ttl: $ttl, metadata: ({host: $host, issued_by: "operator", ticket: "OPS-3"} | tojson)}' \
    | vault_as_root write -format=json auth/approle/role/authentik/secret-id - | jq .data
}
