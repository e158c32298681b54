# What can go wrong with the database and with AWS.
# shellcheck shell=bash

describe rds-pending 'a password change stays pending at RDS (to the password in Vault)'
break_rds_pending() { hold_password_change pending '.PendingModifiedValues.MasterUserPassword'; }
mend_rds_pending() { finish_password_change; }

describe rds-resetting 'a password change stays at resetting-master-credentials (to the password in Vault)'
break_rds_resetting() { hold_password_change resetting '.DBInstanceStatus == "resetting-master-credentials"'; }
mend_rds_resetting() { finish_password_change; }

# STAGE JQ-CONDITION: one change, begun unless one is under way, held at the stage where the condition is true
hold_password_change() {
  rds_bend "{\"hold\": \"$1\"}"
  ! rds_shows '.PendingModifiedValues == {}' >/dev/null || rds_change_password
  wait_until 60 "the password change to be $1" rds_shows "$2"
}

finish_password_change() {
  rds_bend '{"hold": null}'
  wait_until 60 'RDS to be available' rds_shows '.DBInstanceStatus == "available" and .PendingModifiedValues == {}'
}

rds_change_password() {
  jq -n --arg instance "$instance" --rawfile password "$stack/database-password" \
    '{DBInstanceIdentifier: $instance, MasterUserPassword: $password, ApplyImmediately: true}' | rds_request modify-db-instance
}

describe rds-cert "the database's certificate ends in ten days"
break_rds_cert() {
  rds_bend "{\"instance\": {\"CertificateDetails\": {\"CAIdentifier\": \"rds-ca-2019\", \"ValidTill\": \"$(date -u -d '+10 days' +%FT%TZ)\"}}}"
}
mend_rds_cert() { rds_bend '{"instance": {"CertificateDetails": null}}'; }

describe rds-maintenance 'RDS applies a system update in three days'
break_rds_maintenance() {
  rds_bend "{\"maintenance\": [{\"Action\": \"system-update\", \"Description\": \"New Operating System update is available\",
    \"AutoAppliedAfterDate\": \"$(date -u -d '+3 days' +%FT%TZ)\", \"CurrentApplyDate\": \"$(date -u -d '+3 days' +%FT%TZ)\"}]}"
}
mend_rds_maintenance() { rds_bend '{"maintenance": []}'; }

describe rds-storage-full 'the instance is out of storage'
break_rds_storage_full() { rds_bend '{"instance": {"DBInstanceStatus": "storage-full"}}'; }
mend_rds_storage_full() { rds_bend '{"instance": {"DBInstanceStatus": null}}'; }

describe rds-backing-up 'the instance is busy with a backup'
break_rds_backing_up() { rds_bend '{"instance": {"DBInstanceStatus": "backing-up", "PercentProgress": "42"}}'; }
mend_rds_backing_up() { rds_bend '{"instance": {"DBInstanceStatus": null, "PercentProgress": null}}'; }

describe rds-managed 'RDS manages the master password itself (Secrets Manager)'
break_rds_managed() {
  rds_bend '{"instance": {"MasterUserSecret": {"SecretArn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:rds!db-1", "SecretStatus": "active"}}}'
}
mend_rds_managed() { rds_bend '{"instance": {"MasterUserSecret": null}}'; }

describe rds-user-mismatch 'the master user of the instance is not pg_user'
break_rds_user_mismatch() { rds_bend '{"instance": {"MasterUsername": "postgres"}}'; }
mend_rds_user_mismatch() { rds_bend '{"instance": {"MasterUsername": null}}'; }

describe endpoint-drift 'the instance has been made anew: its endpoint is not the pg_host in Vault'
break_endpoint_drift() { rds_bend '{"instance": {"Endpoint": {"Address": "cwiq-shared-authentik-postgres.new.us-west-2.rds.amazonaws.com", "Port": 5432}}}'; }
mend_endpoint_drift() { rds_bend '{"instance": {"Endpoint": null}}'; }

describe aws-expired "the operator's AWS session has expired"
break_aws_expired() { rds_bend '{"error": {"Code": "ExpiredToken", "Message": "The security token included in the request is expired"}}'; }
mend_aws_expired() { rds_bend '{"error": null}'; }

describe aws-account 'the AWS profile leads to another account'
break_aws_account() { rds_bend '{"account": "210987654321"}'; }
mend_aws_account() { rds_bend '{"account": "123456789012"}'; }

describe aws-silent 'AWS accepts and does not answer'
break_aws_silent() { rds_bend '{"wait": 600}'; }
mend_aws_silent() { rds_bend '{"wait": 0}'; }

describe database-down 'PostgreSQL does not run'
break_database_down() { end_process "$database_pid_file"; }
mend_database_down() {
  process_lives "$database_pid_file" || database_spawn
  on_each_host settle
}

describe database-password 'somebody changed the password in the database by hand: 28P01 with the one in Vault'
break_database_password() { database_sql <<<"ALTER ROLE authentik PASSWORD '$(random_text 32)'"; }
mend_database_password() {
  database_sql <<<"ALTER ROLE authentik PASSWORD '$(<"$stack/database-password")'"
  on_each_host settle
}
