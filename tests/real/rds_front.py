"""The RDS API of the real stack: Amazon's Query protocol in front of a real PostgreSQL.

A password change lives as it does at RDS: accepted and pending, then the instance resets its master credentials, then a real
ALTER ROLE, then `available` again and an event. One HTTP server; the same port answers STS GetCallerIdentity.

    rds_front.py --listen ADDRESS:PORT --database-socket FOLDER --delay SECONDS

Tests bend it at /_test: GET shows what is bent; POST merges a JSON object:
    instance     fields of DescribeDBInstances to overlay, e.g. {"DBInstanceStatus": "storage-full"}; null lifts one
    maintenance  list of pending actions, e.g. [{"Action": "system-update", "CurrentApplyDate": "2030-01-01T00:00:00Z"}]
    hold         "pending" or "resetting": a password change stays in that stage
    error        {"Code": "ExpiredToken", "Message": "..."}: the answer to every call
    account      what GetCallerIdentity says
    wait         seconds every call takes before it is answered
DELETE /_test straightens it. Signatures are not checked, the access key id is.
"""

import argparse
import datetime
import json
import re
import subprocess
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

RDS_NAMESPACE = "http://rds.amazonaws.com/doc/2014-10-31/"
STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
ACCESS_KEY = "AKIAVAULTDECKSTACK01"
ACCOUNT = "123456789012"
REGION = "us-west-2"
STRAIGHT = {"instance": {}, "maintenance": [], "hold": None, "error": None, "account": ACCOUNT, "wait": 0}


class Refusal(Exception):
    """An answer that is an error: AWS's code, its words, the HTTP status."""

    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code, self.status = code, status


class Items(list):
    """A list and the element name AWS gives each of its items."""

    def __init__(self, name, items):
        super().__init__(items)
        self.name = name


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def xml(name, value):
    if value is None:
        return ""
    if isinstance(value, Items):
        body = "".join(xml(value.name, item) for item in value)
    elif isinstance(value, dict):
        body = "".join(xml(key, item) for key, item in value.items())
    elif isinstance(value, bool):
        body = str(value).lower()
    else:
        body = escape(str(value))
    return f"<{name}>{body}</{name}>"


class Database:
    """The PostgreSQL behind the instance, as its superuser; statements go over stdin, never in an argv."""

    def __init__(self, socket):
        self.command = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", socket, "-U", "postgres", "-d", "postgres"]

    def run(self, statement):
        subprocess.run(self.command, input=statement.encode(), check=True, capture_output=True)

    def create(self, user, password, name):
        self.run(f"CREATE ROLE {identifier(user)} LOGIN CREATEDB CREATEROLE PASSWORD {literal(password)};")
        self.run(f"CREATE DATABASE {identifier(name)} OWNER {identifier(user)};")

    def set_password(self, user, password):
        self.run(f"ALTER ROLE {identifier(user)} PASSWORD {literal(password)};")


def identifier(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "'" + text.replace("'", "''") + "'"


class Rds:
    """The instances, what is pending on them, and their events."""

    def __init__(self, address, database, database_port, delay):
        self.address, self.database, self.database_port, self.delay = address, database, database_port, delay
        self.lock = threading.RLock()
        self.instances = {}
        self.events = []
        self.bent = dict(STRAIGHT)

    def describe_db_instances(self, ask):
        wanted = ask.get("DBInstanceIdentifier")
        found = [self.find(wanted)] if wanted else list(self.instances.values())
        return {"DBInstances": Items("DBInstance", [self.shown(each) for each in found])}

    def create_db_instance(self, ask):
        name = ask["DBInstanceIdentifier"]
        if name in self.instances:
            raise Refusal("DBInstanceAlreadyExists", "DB instance already exists")
        check_password(ask["MasterUserPassword"])
        self.database.create(ask["MasterUsername"], ask["MasterUserPassword"], ask["DBName"])
        self.instances[name] = self.new_instance(name, ask)
        self.tell(name, "creation", "DB instance created")
        return {"DBInstance": self.instances[name]}

    def modify_db_instance(self, ask):
        instance = self.find(ask["DBInstanceIdentifier"])
        status = self.shown(instance)["DBInstanceStatus"]
        if status != "available" or instance["PendingModifiedValues"]:
            raise Refusal("InvalidDBInstanceState", f"Database instance is not in available state. ({status})")
        password = ask.get("MasterUserPassword")
        if password is None:
            raise Refusal("InvalidParameterCombination", "No modifications were requested")
        if "MasterUserSecret" in self.shown(instance):
            raise Refusal("InvalidParameterCombination", "You can't specify MasterUserPassword for an instance with "
                          "ManageMasterUserPassword enabled.")
        check_password(password)
        instance["PendingModifiedValues"] = {"MasterUserPassword": "****"}
        threading.Thread(target=self.reset_credentials, args=(instance, password), daemon=True).start()
        return {"DBInstance": self.shown(instance)}

    def reset_credentials(self, instance, password):
        """Pending for half the delay, resetting for the other half, longer while a test holds it there; then applied."""
        self.stay("pending")
        with self.lock:
            instance["DBInstanceStatus"] = "resetting-master-credentials"
        self.stay("resetting")
        with self.lock:
            self.database.set_password(instance["MasterUsername"], password)
            instance["PendingModifiedValues"] = {}
            instance["DBInstanceStatus"] = "available"
            self.tell(instance["DBInstanceIdentifier"], "configuration change", "Reset master credentials")

    def stay(self, stage):
        time.sleep(self.delay / 2)
        while self.bent["hold"] == stage:
            time.sleep(0.1)

    def describe_events(self, ask):
        source = ask.get("SourceIdentifier")
        since = ask.get("StartTime") or stamp(now() - datetime.timedelta(minutes=int(ask.get("Duration", 60))))
        found = [event for event in self.events
                 if source in (None, event["SourceIdentifier"]) and event["Date"][:19] >= since[:19]]
        return {"Events": Items("Event", found)}

    def describe_pending_maintenance_actions(self, ask):
        actions = self.bent["maintenance"]
        each = {"ResourceIdentifier": arn(name_of(self.instances)), "PendingMaintenanceActionDetails":
                Items("PendingMaintenanceAction", actions)}
        return {"PendingMaintenanceActions": Items("ResourcePendingMaintenanceActions", [each] if actions else [])}

    def get_caller_identity(self, ask):
        account = self.bent["account"]
        return {"Arn": f"arn:aws:iam::{account}:user/operator", "UserId": "AIDAVAULTDECKSTACK01", "Account": account}

    def bend(self, wishes):
        overlay = {**self.bent["instance"], **wishes.pop("instance", {})}
        self.bent.update(wishes)
        self.bent["instance"] = {field: value for field, value in overlay.items() if value is not None}

    def shown(self, instance):
        """As DescribeDBInstances shows it: backups are five minutes behind, a test's overlay on top."""
        backed_up = {"LatestRestorableTime": stamp(now() - datetime.timedelta(minutes=5))}
        return {**instance, **backed_up, **self.bent["instance"]}

    def find(self, name):
        try:
            return self.instances[name]
        except KeyError:
            raise Refusal("DBInstanceNotFound", f"DBInstance {name} not found.", 404) from None

    def tell(self, name, category, message):
        self.events.append({"SourceIdentifier": name, "SourceType": "db-instance", "Message": message,
                            "EventCategories": Items("EventCategory", [category]), "Date": stamp(now()),
                            "SourceArn": arn(name)})

    def new_instance(self, name, ask):
        """What RDS would say of such an instance; documented shapes, a well-kept production database."""
        created = now()
        return {
            "DBInstanceIdentifier": name,
            "DBInstanceClass": ask.get("DBInstanceClass", "db.t4g.medium"),
            "Engine": "postgres",
            "EngineVersion": ask.get("EngineVersion", "15.10"),
            "DBInstanceStatus": "available",
            "MasterUsername": ask["MasterUsername"],
            "DBName": ask["DBName"],
            "Endpoint": {"Address": self.address, "Port": self.database_port, "HostedZoneId": "Z1PVIF0B656C1W"},
            "AllocatedStorage": int(ask.get("AllocatedStorage", 50)),
            "MaxAllocatedStorage": 200,
            "InstanceCreateTime": stamp(created),
            "PreferredBackupWindow": window(created, 6)[4:9] + "-" + window(created, 6)[14:],
            "BackupRetentionPeriod": 14,
            "AvailabilityZone": f"{REGION}a",
            "SecondaryAvailabilityZone": f"{REGION}b",
            "PreferredMaintenanceWindow": window(created, 72),
            "PendingModifiedValues": {},
            "MultiAZ": True,
            "AutoMinorVersionUpgrade": True,
            "LicenseModel": "postgresql-license",
            "PubliclyAccessible": False,
            "StorageType": "gp3",
            "Iops": 3000,
            "StorageEncrypted": True,
            "DbiResourceId": "db-VAULTDECKSTACK",
            "CACertificateIdentifier": "rds-ca-rsa2048-g1",
            "CertificateDetails": {"CAIdentifier": "rds-ca-rsa2048-g1",
                                   "ValidTill": stamp(created + datetime.timedelta(days=330))},
            "IAMDatabaseAuthenticationEnabled": False,
            "DeletionProtection": True,
            "DBInstanceArn": arn(name),
            "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
        }


def arn(name):
    return f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}"


def name_of(instances):
    return next(iter(instances), "none")


def window(moment, hours_ahead):
    """A half-hour window in RDS's form `mon:06:00-mon:06:30`, far enough from now to disturb nothing."""
    start = moment + datetime.timedelta(hours=hours_ahead)
    end = start + datetime.timedelta(minutes=30)
    return f"{start:%a:%H:%M}-{end:%a:%H:%M}".lower()


def check_password(password):
    if not re.fullmatch(r'[!#-.0-?A-~]*', password):
        raise Refusal("InvalidParameterValue", "The parameter MasterUserPassword is not a valid password. Only printable "
                      "ASCII characters besides '/', '@', '\"', ' ' may be used.")
    if not 8 <= len(password) <= 128:
        raise Refusal("InvalidParameterValue", "The parameter MasterUserPassword is not a valid password because it is "
                      "shorter than 8 or longer than 128 characters.")


class Front(BaseHTTPRequestHandler):
    """One request: the action's answer as XML, or a test's bending as JSON."""

    protocol_version = "HTTP/1.1"
    rds = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/_test":
            self.rds.bend(json.loads(body))
            return self.show_bent()
        time.sleep(self.rds.bent["wait"])
        ask = dict(parse_qsl(body.decode(), keep_blank_values=True))
        try:
            self.answer(200, self.carry_out(ask))
        except Refusal as refusal:
            self.answer(refusal.status, error_body(refusal))

    def do_GET(self):
        if self.path == "/_test":
            return self.show_bent()
        self.answer(404, "")

    def do_DELETE(self):
        self.rds.bent = dict(STRAIGHT)
        self.show_bent()

    def carry_out(self, ask):
        action = ask.get("Action", "")
        if f"Credential={ACCESS_KEY}/" not in self.headers.get("Authorization", ""):
            raise Refusal("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        if self.rds.bent["error"]:
            raise Refusal(self.rds.bent["error"]["Code"], self.rds.bent["error"]["Message"], 403)
        method = getattr(self.rds, re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=DB)(?=I)", "_", action).lower(), None)
        if method is None or not re.fullmatch(r"(Describe|Modify|Create|Get)[A-Za-z]+", action):
            raise Refusal("InvalidAction", f"Could not find operation {action} for version {ask.get('Version')}")
        with self.rds.lock:
            result = xml(f"{action}Result", method(ask))
        namespace = STS_NAMESPACE if action == "GetCallerIdentity" else RDS_NAMESPACE
        return f'<{action}Response xmlns="{namespace}">{result}{metadata()}</{action}Response>'

    def show_bent(self):
        self.answer(200, json.dumps(self.rds.bent), "application/json")

    def answer(self, status, body, kind="text/xml"):
        raw = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        """Nothing: a request's body may hold a password."""


def metadata():
    return xml("ResponseMetadata", {"RequestId": uuid.uuid4()})


def error_body(refusal):
    error = xml("Error", {"Type": "Sender", "Code": refusal.code, "Message": refusal})
    return f'<ErrorResponse xmlns="{RDS_NAMESPACE}">{error}{xml("RequestId", uuid.uuid4())}</ErrorResponse>'


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", required=True)
    parser.add_argument("--database-socket", required=True)
    parser.add_argument("--database-port", type=int, default=5432)
    parser.add_argument("--delay", type=float, default=5.0)
    options = parser.parse_args()
    address, port = options.listen.rsplit(":", 1)
    Front.rds = Rds(address, Database(options.database_socket), options.database_port, options.delay)
    ThreadingHTTPServer((address, int(port)), Front).serve_forever()


if __name__ == "__main__":
    main()
