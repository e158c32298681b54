# The stack's private certificate authority; Vault's and PostgreSQL's certificates come from it.
# shellcheck shell=bash

ca_create() {
  mkdir -p "$stack/tls"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj '/CN=vaultdeck test stack' \
    -keyout "$stack/tls/ca.key" -out "$stack/tls/ca.pem" 2>/dev/null
}

# certificate NAME DNS-NAME: tls/NAME.pem and tls/NAME.key for the gateway address, the name and loopback
certificate() {
  local name=$1 dns=$2
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$dns" \
    -CA "$stack/tls/ca.pem" -CAkey "$stack/tls/ca.key" -keyout "$stack/tls/$name.key" -out "$stack/tls/$name.pem" \
    -addext "subjectAltName=IP:$gateway,IP:127.0.0.1,DNS:$dns" -addext 'basicConstraints=critical,CA:FALSE' \
    -addext 'extendedKeyUsage=serverAuth' 2>/dev/null
}
