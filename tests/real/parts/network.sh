# One Docker bridge network per stack. Its gateway address is this machine's: there Vault, PostgreSQL and the RDS front
# listen, so the hosts reach them and nobody else does. Several stacks of one machine differ in their slot.
# shellcheck shell=bash

network_create() {
  local slot
  network_remove
  for slot in {0..15}; do
    if docker network create --label "vaultdeck.stack=$stack" --subnet "172.28.$slot.0/24" --gateway "172.28.$slot.1" \
      --opt "com.docker.network.bridge.name=vaultdeck$slot" "vaultdeck-$slot" >/dev/null 2>&1; then
      echo "$slot" >"$stack/slot"
      network_of_slot
      return
    fi
  done
  die 'no free network among 172.28.0.0/24 to 172.28.15.0/24'
}

# sets network, gateway and name_prefix from the slot that `up` took
network_of_slot() {
  local slot
  slot=$(<"$stack/slot")
  network=vaultdeck-$slot
  subnet=172.28.$slot
  gateway=$subnet.1
}

network_remove() {
  docker network ls -q --filter "label=vaultdeck.stack=$stack" | xargs -r docker network rm >/dev/null
}
