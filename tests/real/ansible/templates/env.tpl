{%- raw -%}
{{- with secret "secret/data/cwiq/shared/authentik/database" -}}
AUTHENTIK_POSTGRESQL__HOST={{ .Data.data.pg_host }}
AUTHENTIK_POSTGRESQL__PORT={{ .Data.data.pg_port }}
AUTHENTIK_POSTGRESQL__USER={{ .Data.data.pg_user }}
AUTHENTIK_POSTGRESQL__PASSWORD={{ .Data.data.pg_password }}
AUTHENTIK_POSTGRESQL__NAME={{ .Data.data.pg_name }}
{{ end -}}
{{- with secret "secret/data/cwiq/shared/authentik/config" -}}
AUTHENTIK_SECRET_KEY={{ .Data.data.secret_key }}
{{ end -}}
{%- endraw %}

