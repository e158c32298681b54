# The AWS side: the RDS front over the real PostgreSQL, moto beside it for the shapes, and the operator's AWS files.
# shellcheck shell=bash

rds_pid_file=$stack/rds.pid
moto_pid_file=$stack/moto.pid
rds_delay=${VAULTDECK_RDS_DELAY:-5}

rds_endpoint() { echo "http://$gateway:4566"; }

moto_endpoint() { echo "http://$gateway:5000"; }

rds_start() {
  setsid "$venv/bin/python" "$real/rds_front.py" --listen "$gateway:4566" --database-socket "$(<"$stack/database-home")" \
    --delay "$rds_delay" >"$stack/rds.log" 2>&1 </dev/null &
  echo $! >"$rds_pid_file"
  setsid "$venv/bin/moto_server" -H "$gateway" -p 5000 >"$stack/moto.log" 2>&1 </dev/null &
  echo $! >"$moto_pid_file"
  rds_operator_files
  wait_until 30 "the RDS front (its log: $stack/rds.log)" curl -sf "$(rds_endpoint)/_test"
  rds_create_instance
}

rds_operator_files() {
  mkdir -p "$stack/home/.aws"
  cat >"$stack/home/.aws/config" <<END
[profile shared-services]
region = us-west-2
endpoint_url = $(rds_endpoint)
END
  cat >"$stack/home/.aws/credentials" <<END
[shared-services]
aws_access_key_id = AKIAVAULTDECKSTACK01
aws_secret_access_key = not-checked-by-the-front
END
}

aws_as_operator() {
  AWS_CONFIG_FILE=$stack/home/.aws/config AWS_SHARED_CREDENTIALS_FILE=$stack/home/.aws/credentials AWS_PAGER='' \
    aws --profile shared-services "$@"
}

# rds_request SUBCOMMAND: the request as JSON on stdin; it holds a password, so it goes in a 0600 file and never in an argv
rds_request() {
  local request
  request=$(mktemp "$stack/request.XXXXXX")
  cat >"$request"
  aws_as_operator rds "$1" --cli-input-json "file://$request" >/dev/null
  rm "$request"
}

rds_create_instance() {
  random_text 32 >"$stack/database-password"
  jq -n --arg instance "$instance" --rawfile password "$stack/database-password" \
    '{DBInstanceIdentifier: $instance, DBInstanceClass: "db.t4g.medium", Engine: "postgres", EngineVersion: "15.10",
      DBName: "authentik", AllocatedStorage: 50, MasterUsername: "authentik", MasterUserPassword: $password}' \
    | rds_request create-db-instance
}

# rds_bend JSON: see rds_front.py
rds_bend() { curl -sf -d "$1" "$(rds_endpoint)/_test" >/dev/null; }

rds_shows() { # JQ-CONDITION on the instance as the real aws CLI describes it
  aws_as_operator rds describe-db-instances | jq -e ".DBInstances[0] | $1"
}
