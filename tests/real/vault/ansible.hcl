# what the documentation gives the ansible user: enough to issue, not enough to see
path "auth/approle/role/+/role-id" {
  capabilities = ["read"]
}
path "auth/approle/role/+/secret-id" {
  capabilities = ["create", "update"]
}
