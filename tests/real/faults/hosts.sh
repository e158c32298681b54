# What can go wrong on one host: the machine, its way in, its clock, its containers and files.
# shellcheck shell=bash

describe host-down HOST 'the host is off'
break_host_down() { docker kill "$(container_of "$1")" >/dev/null; }
mend_host_down() {
  docker start "$(container_of "$1")" >/dev/null
  wait_until 60 "$1" host_ready "$1"
  settle "$1"
}

describe silent-host HOST 'the host accepts TCP connections and never answers'
break_silent_host() { docker pause "$(container_of "$1")" >/dev/null; }
mend_silent_host() { docker unpause "$(container_of "$1")" >/dev/null; }

describe ssh-refused HOST 'sshd does not run'
break_ssh_refused() { on_host "$1" systemctl stop ssh.service; }
mend_ssh_refused() {
  on_host "$1" systemctl start ssh.service
  wait_until 20 "$1" host_ready "$1"
}

describe host-key-changed HOST 'the host shows another key than known_hosts has'
break_host_key_changed() {
  local other
  other=$(mktemp -d "$stack/key.XXXXXX")
  ssh-keygen -q -t ed25519 -N '' -f "$other/key"
  sed -i "s|^$(address_of "$1") .*|$(address_of "$1") $(<"$other/key.pub")|" "$stack/ssh/known_hosts"
  rm -r "$other"
}
mend_host_key_changed() {
  sed -i "s|^$(address_of "$1") .*|$(address_of "$1") $(<"$stack/ssh/$1/host_key.pub")|" "$stack/ssh/known_hosts"
}

describe docker-down HOST 'the Docker engine of the host does not run'
break_docker_down() { on_host "$1" systemctl stop docker.socket docker.service; }
mend_docker_down() {
  on_host "$1" systemctl start docker.socket docker.service
  settle "$1"
}

describe clock-skew HOST 'programs run over ssh, with sudo too, see a clock 400 seconds ahead'
break_clock_skew() {
  on_host "$1" sh -c 'cat >/etc/environment && echo "Defaults env_file=/etc/environment" >/etc/sudoers.d/clock' <<END
LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1
FAKETIME=+400s
NO_FAKE_STAT=1
END
  clock_is_ahead "$1" || die "the clock of $1 is not ahead"
}
mend_clock_skew() { on_host "$1" sh -c ': >/etc/environment; rm -f /etc/sudoers.d/clock'; }
clock_is_ahead() { (($(ssh -F "$stack/ssh_config" "$1" sudo -n date +%s) - $(date +%s) > 390)); }

describe loose-perms HOST 'secret-id and .env can be read by everybody'
break_loose_perms() { on_host "$1" chmod 0644 /data/authentik/vault/config/secret-id "$env_file"; }
mend_loose_perms() { on_host "$1" chmod 0600 /data/authentik/vault/config/secret-id "$env_file"; }

describe agent-killed HOST 'the vault-agent container has been killed'
break_agent_killed() { on_host "$1" docker kill authentik-vault-agent-1 >/dev/null; }
mend_agent_killed() { agent_recreate "$1"; }

describe worker-killed HOST 'the worker container has been killed'
break_worker_killed() { on_host "$1" docker kill authentik-worker-1 >/dev/null; }
mend_worker_killed() { settle "$1"; }

describe crash-loop HOST 'the worker exits as soon as it is started, again and again'
break_crash_loop() {
  on_host "$1" sh -c 'cat >/data/authentik/docker-compose.override.yml' \
    <<<'services: {worker: {entrypoint: [/bin/sh, -c, "echo gone wrong; exit 1"]}}'
  compose_on "$1" up -d >/dev/null 2>&1
  wait_until 30 "the worker of $1 to have restarted twice" worker_restarted_twice "$1"
}
mend_crash_loop() { compose_restore "$1"; }
worker_restarted_twice() { (($(on_host "$1" docker inspect -f '{{.RestartCount}}' authentik-worker-1) >= 2)); }

describe env-baked HOST 'compose hands AUTHENTIK_SECRET_KEY to the server in its environment: Docker keeps it on disk'
break_env_baked() { compose_override "$1" 'services: {server: {environment: {AUTHENTIK_SECRET_KEY: baked-into-config-v2-json}}}'; }
mend_env_baked() { compose_restore "$1"; }

describe env-overrides HOST 'the environment of the agent container overrides its config.hcl'
break_env_overrides() { compose_override "$1" 'services: {vault-agent: {environment: {VAULT_SKIP_VERIFY: "true"}}}'; }
mend_env_overrides() { compose_restore "$1"; }

compose_override() {
  on_host "$1" sh -c 'cat >/data/authentik/docker-compose.override.yml' <<<"$2"
  compose_on "$1" up -d --wait --wait-timeout 90 >/dev/null 2>&1
}
compose_restore() {
  on_host "$1" rm -f /data/authentik/docker-compose.override.yml
  settle "$1"
}

describe hostile-log HOST 'the server log carries escape sequences, bidi marks and a megabyte without a line end'
break_hostile_log() {
  on_host "$1" docker exec -i authentik-server-1 sh -c 'cat >/proc/1/fd/1' < <(
    printf '\033]0;owned\007\033[2J\033[31mred\033[?1049h \xff\xfe broken \u202eevil\u202c\r over\n'
    head -c 1000000 /dev/zero | tr '\0' 'x'
    echo
  )
}
mend_hostile_log() {
  compose_on "$1" up -d --no-deps --force-recreate server >/dev/null 2>&1
  settle "$1"
}
