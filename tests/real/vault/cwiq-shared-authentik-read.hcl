# what an agent may: the seed of every rendered .env
path "secret/data/cwiq/shared/authentik/*" {
  capabilities = ["read", "list"]
}
path "secret/metadata/cwiq/shared/authentik/*" {
  capabilities = ["read", "list"]
}
