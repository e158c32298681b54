# What the stack hands out: `env` to source, vaultdeck.toml to look at it with, facts.json for programs.
# shellcheck shell=bash

profile_write() {
  write_env
  write_vaultdeck_toml
  write_facts
}

write_env() {
  cat >"$stack/env" <<END
# The operator's environment on this stack. Source it in a shell of its own: HOME is the operator's.
export CARGO_HOME="\${CARGO_HOME:-\$HOME/.cargo}" RUSTUP_HOME="\${RUSTUP_HOME:-\$HOME/.rustup}"
unset VAULT_TOKEN BAO_TOKEN VAULT_NAMESPACE BAO_NAMESPACE BAO_ADDR BAO_CACERT
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE
export HOME=$stack/home
export XDG_CONFIG_HOME=$stack/home/.config XDG_STATE_HOME=$stack/home/.local/state XDG_CACHE_HOME=$stack/home/.cache
export VAULT_ADDR=https://$gateway:8200
export VAULT_CACERT=$stack/tls/ca.pem
export AWS_CONFIG_FILE=$stack/home/.aws/config
export AWS_SHARED_CREDENTIALS_FILE=$stack/home/.aws/credentials
export ANSIBLE_CONFIG=$stack/ansible/ansible.cfg
export PATH=$venv/bin:\$PATH
END
}

write_vaultdeck_toml() {
  cat >"$stack/vaultdeck.toml" <<END
default_profile = "stack"

[profiles.stack]
name        = "authentik"
environment = "test"

[profiles.stack.vault]
address = "https://$gateway:8200"
ca_cert = "$stack/tls/ca.pem"

[profiles.stack.hosts]
inventory  = "$stack/ansible/inventory.ini"
ssh_config = "$stack/ssh_config"

[profiles.stack.rds]
profile = "shared-services"
account = "123456789012"

[profiles.stack.postgres]
ca_file = "$stack/tls/ca.pem"
END
}

write_facts() {
  local hosts_json
  hosts_json=$(for host in "${hosts[@]}"; do
    jq -n --arg name "$host" --arg address "$(address_of "$host")" --arg container "$(container_of "$host")" \
      --slurpfile accessors "$stack/accessors.json" \
      '{name: $name, address: $address, container: $container, secret_id_accessor: $accessors[0][$name]}'
  done | jq -s .)
  jq -n --argjson hosts "$hosts_json" --arg stack "$stack" --arg gateway "$gateway" --arg rds "$(rds_endpoint)" \
    --arg moto "$(moto_endpoint)" --arg venv "$venv" --arg instance "$instance" --arg path "$secrets_path" \
    --arg role_id "$(<"$stack/role-id")" --arg interval "$render_interval" --arg ttl "$token_ttl" --arg max_ttl "$token_max_ttl" '
    {
      profile: "\($stack)/vaultdeck.toml",
      env: "\($stack)/env",
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
        role: "authentik", role_id: $role_id, token_ttl: $ttl, token_max_ttl: $max_ttl, secrets: "secret/\($path)", kv1: "kv1/\($path)"
      },
      database: {host: $gateway, port: 5432, user: "authentik", name: "authentik", ca: "\($stack)/tls/ca.pem"},
      rds: {endpoint: $rds, test_endpoint: "\($rds)/_test", instance: $instance, account: "123456789012", aws_profile: "shared-services",
        aws_config: "\($stack)/home/.aws/config", aws_credentials: "\($stack)/home/.aws/credentials"},
      moto: {endpoint: $moto}
    }' >"$stack/facts.json"
}
