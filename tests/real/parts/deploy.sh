# The deployment: the site's Ansible folder as it lies on the control host, and the documented run of setup.yml.
# shellcheck shell=bash

render_interval=${VAULTDECK_RENDER_INTERVAL:-20s}

ansible_folder() {
  local host
  cp -r "$real/ansible" "$stack/ansible"
  {
    echo '[authentik]'
    for host in "${hosts[@]}"; do
      # the last host keeps the documented template, without version markers
      echo "$host env_template=$([[ $host == "${hosts[-1]}" ]] && echo env.tpl || echo env-marked.tpl)"
    done
    cat <<END

[authentik:vars]
ansible_ssh_common_args=-F $stack/ssh_config
vault_address=https://$gateway:8200
vault_ca_file=$stack/tls/ca.pem
render_interval=$render_interval
END
  } >"$stack/ansible/inventory.ini"
}

# a labelled secret-id per host; the accessors are kept for the facts, the secret-ids only till the playbook has them
issue_secret_ids() {
  local host
  for host in "${hosts[@]}"; do
    vault_issue_secret_id "$host" | jq --arg host "$host" '{($host): .}'
  done | jq -s add
}

deploy() {
  local answer variables
  ansible_folder
  answer=$(issue_secret_ids)
  jq 'map_values(.secret_id_accessor)' <<<"$answer" >"$stack/accessors.json"
  variables=$(mktemp "$stack/variables.XXXXXX.json")
  jq --rawfile role "$stack/role-id" '{vault_enabled: true, vault_role_id: $role, vault_secret_ids: map_values(.secret_id)}' \
    <<<"$answer" >"$variables"
  (cd "$stack/ansible" && ansible-playbook -i inventory.ini setup.yml -e "@$variables") >"$stack/deploy.log" 2>&1 \
    || die "ansible-playbook setup.yml failed, see $stack/deploy.log"
  rm "$variables"
}
