# The three hosts: containers with systemd as PID 1, sshd and a Docker engine of their own, reached as `ansible` by key.
# shellcheck shell=bash

container_of() { echo "$network-$1"; }   # the host's container on the outer engine

address_of() { echo "$subnet.1${1##*-}"; }

on_host() { # HOST COMMAND...: as root on the host, by the outer engine; works when ssh does not
  local host=$1
  shift
  docker exec -i "$(container_of "$host")" "$@"
}

compose_on() { # HOST ARGUMENT...
  local host=$1
  shift
  on_host "$host" docker compose --project-directory /data/authentik "$@"
}

# keys first: known_hosts is written before a host exists
hosts_prepare_ssh() {
  local host
  mkdir -p "$stack/ssh"
  ssh-keygen -q -t ed25519 -N '' -C operator -f "$stack/ssh/id_operator"
  for host in "${hosts[@]}"; do
    mkdir -p "$stack/ssh/$host"
    ssh-keygen -q -t ed25519 -N '' -C "$host" -f "$stack/ssh/$host/host_key"
    cp "$stack/ssh/id_operator.pub" "$stack/ssh/$host/authorized_keys"
    chmod a+rX "$stack/ssh/$host" "$stack/ssh/$host/authorized_keys" # read there as the user who logs in
    printf '%s %s\n' "$(address_of "$host")" "$(<"$stack/ssh/$host/host_key.pub")" >>"$stack/ssh/known_hosts"
    cat >>"$stack/ssh_config" <<END
Host $host
  HostName $(address_of "$host")
  User ansible
  IdentityFile $stack/ssh/id_operator
  IdentitiesOnly yes
  UserKnownHostsFile $stack/ssh/known_hosts
  StrictHostKeyChecking yes
  ConnectTimeout 5
END
  done
}

# No SYS_RESOURCE: a machine that is itself a container has none to give. The machine's own cgroup mounts are never handed
# in, systemd would turn them read-only for the machine.
host_start() {
  local host=$1 tag=$2
  docker run -d --name "$(container_of "$host")" --hostname "$host" --label "vaultdeck.stack=$stack" \
    --network "$network" --ip "$(address_of "$host")" \
    --cap-add ALL --cap-drop SYS_RESOURCE --device-cgroup-rule 'a *:* rwm' --cgroupns private \
    --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
    --tmpfs /run:exec --tmpfs /tmp:exec \
    -v "$stack/ssh/$host:/etc/ssh/stack:ro" -v "$cache/images/$tag:/srv/images:ro" \
    -v "$(container_of "$host")-docker:/var/lib/docker" \
    "vaultdeck-tests/host:$tag" >/dev/null
}

host_ready() { ssh -F "$stack/ssh_config" -o BatchMode=yes "$1" docker info; }

host_load_images() { on_host "$1" docker load -q -i /srv/images/app.tar >/dev/null; }

hosts_start() {
  local tag=$1 host jobs=() job
  hosts_prepare_ssh
  for host in "${hosts[@]}"; do host_start "$host" "$tag"; done
  for host in "${hosts[@]}"; do
    wait_until 60 "$host" host_ready "$host"
    host_load_images "$host" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job"; done
}

hosts_remove() {
  docker ps -aq --filter "label=vaultdeck.stack=$stack" | xargs -r docker rm -f -v >/dev/null
  [[ ! -f $stack/slot ]] || docker volume ls -q --filter "name=^$network-.*-docker\$" | xargs -r docker volume rm >/dev/null
}

hosts_live() { (($(docker ps -q --filter "label=vaultdeck.stack=$stack" | wc -l) == ${#hosts[@]})); }
