# Images without a registry: the hosts' root file system from debootstrap, and what runs on them FROM scratch.
# Each is named by the digest of its recipe, so a changed recipe is a new image and an unchanged one costs nothing.
# shellcheck shell=bash

rootfs_packages=systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,docker.io,iptables,sudo,python3,iproute2
rootfs_packages+=,ca-certificates,procps,busybox-static,libfaketime
export DOCKER_BUILDKIT=0 DOCKER_CLI_HINTS=false

recipe_digest() {
  { echo "$rootfs_packages"; bao version; cat "$venv/parts"; find "$real/host" "$real/images" -type f -print0 | sort -z | xargs -0 cat; } \
    | sha256sum | cut -c1-12
}

# prints the tag under which all images are there
images_ready() {
  local tag
  tag=$(recipe_digest)
  if ! docker image inspect "vaultdeck-tests/host:$tag" >/dev/null 2>&1 || [[ ! -f $cache/images/$tag/app.tar ]]; then
    build_images "$tag"
  fi
  echo "$tag"
}

build_images() (
  umask 022 # what lands in an image is for everybody in it
  tag=$1
  work=$(mktemp -d)
  say "building the images, once per recipe (log: $cache/images.log)"
  rootfs_image
  {
    app_images "$tag" "$work"
    host_image "$tag" "$work"
  } >"$cache/images.log" 2>&1
  rm -rf "$work"
)

rootfs_tar() { echo "$cache/rootfs-$(sha256sum <<<"$rootfs_packages" | cut -c1-12).tar"; }

# debootstrap takes a minute: its result is kept beside the venv
rootfs_image() {
  local tar
  tar=$(rootfs_tar)
  if [[ ! -f $tar ]]; then
    local root
    root=$(mktemp -d)
    chmod 755 "$root"
    say "debootstrap: the hosts' Debian"
    debootstrap --variant=minbase --include="$rootfs_packages" bookworm "$root" >"$cache/debootstrap.log" 2>&1 \
      || die "debootstrap failed, see $cache/debootstrap.log"
    tar -C "$root" --exclude=./var/cache/apt/archives/*.deb --exclude=./var/lib/apt/lists/* -cf "$tar.part" .
    mv "$tar.part" "$tar"
    rm -rf "$root"
  fi
  docker import "$tar" vaultdeck-tests/rootfs >/dev/null
}

# busybox comes out of the hosts' Debian, psql from this machine's PostgreSQL
app_images() {
  local tag=$1 work=$2 psql
  mkdir -p "$work/agent" "$work/authentik/root" "$cache/images/$tag"
  tar -xOf "$(rootfs_tar)" ./usr/bin/busybox >"$work/busybox"
  chmod +x "$work/busybox"
  cp "$work/busybox" "$real/images/vault-agent/Dockerfile" "$work/agent/"
  strip -o "$work/agent/bao" "$(readlink -f "$venv/bin/bao")"
  cp "$work/busybox" "$real"/images/authentik/* "$work/authentik/"
  psql=$(compgen -G '/usr/lib/postgresql/*/bin/psql' | tail -1)
  ldd "$psql" | grep -o '/[^ ]*' | xargs cp -L --parents -t "$work/authentik/root"
  install -D "$psql" "$work/authentik/root/bin/psql"
  docker build -q -t "vaultdeck-tests/vault-agent:$tag" "$work/agent"
  docker build -q -t "vaultdeck-tests/authentik:$tag" "$work/authentik"
  docker tag "vaultdeck-tests/vault-agent:$tag" openbao/openbao:2.7.2
  docker tag "vaultdeck-tests/authentik:$tag" vaultdeck-tests/authentik:latest
  docker save -o "$cache/images/$tag/app.tar" openbao/openbao:2.7.2 vaultdeck-tests/authentik:latest
}

host_image() {
  local tag=$1 work=$2
  cp -r "$real/host" "$work/host"
  cp "$venv/bin/docker-compose" "$work/host/"
  docker build -q -t "vaultdeck-tests/host:$tag" "$work/host"
}
