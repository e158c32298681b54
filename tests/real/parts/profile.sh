# What the stack hands out: `env` to source, vaultdeck.toml to look at it with, facts.json for programs.
# shellcheck shell=bash

profile_write() {
  write_env
  write_vaultdeck_toml
  write_facts
}

# the operator's environment, NAME=VALUE a line
environment() {
  local home=$stack/home
  cat <<END
HOME=$home
XDG_CONFIG_HOME=$home/.config
XDG_STATE_HOME=$home/.local/state
XDG_CACHE_HOME=$home/.cache
VAULT_ADDR=https://$gateway:8200
VAULT_CACERT=$stack/tls/ca.pem
AWS_CONFIG_FILE=$home/.aws/config
AWS_SHARED_CREDENTIALS_FILE=$home/.aws/credentials
ANSIBLE_CONFIG=$stack/ansible/ansible.cfg
CARGO_HOME=${CARGO_HOME:-$HOME/.cargo}
RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
PATH=$PATH
END
}

write_env() {
  {
    echo "# The operator's environment on this stack. Source it in a shell of its own: HOME is the operator's."
    echo 'unset VAULT_TOKEN BAO_TOKEN VAULT_NAMESPACE BAO_NAMESPACE BAO_ADDR BAO_CACERT'
    echo 'unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE'
    environment | sed 's/^/export /'
  } >"$stack/env"
}

# also where XDG looks, so that `env` alone is enough
write_vaultdeck_toml() {
  mkdir -p "$stack/home/.config/vaultdeck"
  ln -sf "$stack/vaultdeck.toml" "$stack/home/.config/vaultdeck/vaultdeck.toml"
  cat >"$stack/vaultdeck.toml" <<END
[profiles.stack]
environment = "dev"

[profiles.stack.vault]
address = "https://$gateway:8200"
ca_file = "$stack/tls/ca.pem"
login   = { method = "userpass", username = "operator" }

[profiles.stack.hosts]
inventory  = "$stack/ansible/inventory.ini"
group      = "authentik"
ssh_config = "$stack/ssh_config"
become     = true

[profiles.stack.rds]
account = "123456789012"

[profiles.stack.database]
ca_file = "$stack/tls/ca.pem"

[profiles.stack.ansible]
directory = "$stack/ansible"
END
}

write_facts() {
  local hosts_json
  hosts_json=$(for host in "${hosts[@]}"; do
    jq -n --arg name "$host" --arg address "$(address_of "$host")" --arg container "$(container_of "$host")" \
      '{name: $name, address: $address, container: $container}'
  done | jq -s .)
  jq -n --argjson hosts "$hosts_json" --arg stack "$stack" --arg gateway "$gateway" --arg rds "$(rds_endpoint)" \
    --arg environment "$(environment)" --arg moto "$(moto_endpoint)" --arg venv "$venv" --arg instance "$instance" --arg path "$secrets_path" \
    --arg role_id "$(<"$stack/role-id")" --arg interval "$render_interval" --arg ttl "$token_ttl" --arg max_ttl "$token_max_ttl" '
    {
      profile: "\($stack)/vaultdeck.toml",
      env: "\($stack)/env",
      environment: ($environment | split("\n") | map(split("=") | {(.[0]): .[1:] | join("=")}) | add),
      home: "\($stack)/home",
      tools: "\($venv)/bin",
      ssh_config: "\($stack)/ssh_config",
      ansible: "\($stack)/ansible",
      hosts: $hosts,
      containers: ["authentik-vault-agent-1", "authentik-server-1", "authentik-worker-1"],
      render_interval: $interval,
      vault: {
        address: "https://\($gateway):8200", ca_cert: "\($stack)/tls/ca.pem", root_token_file: "\($stack)/root-token",
        unseal_key_file: "\($stack)/unseal-key", operator_token_file: "\($stack)/home/.vault-token",
        operator_password_file: "\($stack)/password-operator", audit_log: "\($stack)/vault/audit.log",
        secret_id_accessors: "\($stack)/accessors.json", role: "authentik", role_id: $role_id, token_ttl: $ttl, token_max_ttl: $max_ttl, secrets: "secret/\($path)", kv1: "kv1/\($path)"
      },
      database: {host: $gateway, port: "5432", user: "authentik", name: "authentik", ca: "\($stack)/tls/ca.pem",
        password_file: "\($stack)/database-password"},
      rds: {endpoint: $rds, test_endpoint: "\($rds)/_test", instance: $instance, account: "123456789012", aws_profile: "shared-services",
        aws_config: "\($stack)/home/.aws/config", aws_credentials: "\($stack)/home/.aws/credentials"},
      moto: {endpoint: $moto}
    }' >"$stack/facts.json"
}
