# what the guided actions add to vaultdeck-observe
path "auth/approle/role/+/secret-id"                  { capabilities = ["list", "create", "update"] }
path "auth/approle/role/+/secret-id/lookup"           { capabilities = ["update"] }
path "auth/approle/role/+/secret-id-accessor/destroy" { capabilities = ["update"] }
path "auth/approle/tidy/secret-id"                    { capabilities = ["update"] }
path "auth/token/revoke-accessor"                     { capabilities = ["update"] }
path "secret/data/cwiq/shared/authentik/*"            { capabilities = ["read", "create", "update", "patch"] }
path "secret/metadata/cwiq/shared/authentik/*"        { capabilities = ["read", "list", "patch"] }
path "secret/undelete/cwiq/shared/authentik/*"        { capabilities = ["update"] }
path "sys/locked-users/*"                             { capabilities = ["update"] }
