//! The RDS instance: three calls at once, put together to [`RdsFacts`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_rds::primitives::DateTime;
use aws_sdk_rds::types::{
    CertificateDetails, DbInstance, Endpoint, Event, PendingMaintenanceAction, PendingModifiedValues,
};
use jiff::Timestamp;

use super::{Clock, Probe};
use crate::model::facts::{Facts, Maintenance, RdsEvent, RdsFacts};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::world::clean;
use crate::world::rds::{LONGEST_LOOK, Rds};

/// Time between two looks.
const EVERY: Duration = Duration::from_secs(30);

/// Looks at the RDS instance of the deployment.
pub struct RdsProbe {
    door: Arc<Rds>,
    clock: Clock,
    pending_since: Mutex<Option<Timestamp>>,
}

impl RdsProbe {
    /// A probe through this door.
    pub fn new(door: Arc<Rds>, clock: Clock) -> Self {
        Self { door, clock, pending_since: Mutex::default() }
    }

    /// RDS does not tell since when a password is pending, so the first look that saw it is remembered.
    fn pending_since(&self, pending: bool) -> Option<Timestamp> {
        let mut since = self.pending_since.lock().unwrap_or_else(PoisonError::into_inner);
        *since = pending.then(|| since.unwrap_or_else(|| (self.clock)()));
        *since
    }
}

#[async_trait]
impl Probe for RdsProbe {
    fn subject(&self) -> Subject {
        Subject::Rds
    }

    fn every(&self) -> Option<Duration> {
        Some(EVERY)
    }

    fn deadline(&self) -> Duration {
        LONGEST_LOOK
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let (instance, maintenance, events) =
            tokio::join!(self.door.instance(), self.door.maintenance(), self.door.events());
        let mut facts = RdsFacts {
            maintenance: maintenance.map(|actions| actions.iter().filter_map(maintenance_of).collect()),
            events: events.map(|events| newest_first(&events)),
            ..facts_of(&instance?)
        };
        facts.pending_password_since = self.pending_since(facts.pending_password);
        Ok(Facts::Rds(Box::new(facts)))
    }
}

/// What `DescribeDBInstances` alone tells.
fn facts_of(instance: &DbInstance) -> RdsFacts {
    let endpoint = instance.endpoint();
    let certificate = instance.certificate_details();
    let pending = instance.pending_modified_values();
    RdsFacts {
        identifier: text(instance.db_instance_identifier()),
        status: text(instance.db_instance_status()),
        percent_progress: instance.percent_progress().map(cleaned),
        endpoint_address: endpoint.and_then(Endpoint::address).map(cleaned),
        endpoint_port: endpoint.and_then(Endpoint::port).and_then(|port| u16::try_from(port).ok()),
        engine: format!("{} {}", text(instance.engine()), text(instance.engine_version())),
        class: text(instance.db_instance_class()),
        master_user: text(instance.master_username()),
        managed_secret: instance.master_user_secret().map(|secret| text(secret.secret_status())),
        pending: pending.map(pending_values).unwrap_or_default(),
        pending_password: pending.is_some_and(|pending| pending.master_user_password().is_some()),
        pending_password_since: None,
        multi_az: instance.multi_az().unwrap_or_default(),
        zone: instance.availability_zone().map(cleaned),
        storage_gib: i64::from(instance.allocated_storage().unwrap_or_default()),
        max_storage_gib: autoscaling_limit(instance),
        encrypted: instance.storage_encrypted().unwrap_or_default(),
        certificate_authority: certificate
            .and_then(CertificateDetails::ca_identifier)
            .or(instance.ca_certificate_identifier())
            .map(cleaned),
        certificate_valid_till: certificate.and_then(CertificateDetails::valid_till).and_then(moment),
        iam_authentication: instance.iam_database_authentication_enabled().unwrap_or_default(),
        deletion_protection: instance.deletion_protection().unwrap_or_default(),
        public: instance.publicly_accessible().unwrap_or_default(),
        backup_days: i64::from(instance.backup_retention_period().unwrap_or_default()),
        restorable_to: instance.latest_restorable_time().and_then(moment),
        maintenance_window: instance.preferred_maintenance_window().map(cleaned),
        backup_window: instance.preferred_backup_window().map(cleaned),
        maintenance: Ok(Vec::new()),
        events: Ok(Vec::new()),
    }
}

/// Autoscaling is on only where the limit is above what is allocated.
fn autoscaling_limit(instance: &DbInstance) -> Option<i64> {
    let limit = instance.max_allocated_storage()?;
    (limit > instance.allocated_storage().unwrap_or_default()).then_some(i64::from(limit))
}

/// What waits to be applied, by AWS's names; a password only by the fact that there is one.
fn pending_values(pending: &PendingModifiedValues) -> Vec<(String, String)> {
    let number = |value: Option<i32>| value.map(|value| value.to_string());
    let flag = |value: Option<bool>| value.map(|value| value.to_string());
    let values = [
        ("MasterUserPassword", pending.master_user_password().map(|_| "****".to_owned())),
        ("DBInstanceClass", pending.db_instance_class().map(cleaned)),
        ("AllocatedStorage", number(pending.allocated_storage())),
        ("Port", number(pending.port())),
        ("BackupRetentionPeriod", number(pending.backup_retention_period())),
        ("MultiAZ", flag(pending.multi_az())),
        ("EngineVersion", pending.engine_version().map(cleaned)),
        ("LicenseModel", pending.license_model().map(cleaned)),
        ("Iops", number(pending.iops())),
        ("StorageThroughput", number(pending.storage_throughput())),
        ("DBInstanceIdentifier", pending.db_instance_identifier().map(cleaned)),
        ("StorageType", pending.storage_type().map(cleaned)),
        ("CACertificateIdentifier", pending.ca_certificate_identifier().map(cleaned)),
        ("DBSubnetGroupName", pending.db_subnet_group_name().map(cleaned)),
        ("MultiTenant", flag(pending.multi_tenant())),
        ("IAMDatabaseAuthenticationEnabled", flag(pending.iam_database_authentication_enabled())),
        ("DedicatedLogVolume", flag(pending.dedicated_log_volume())),
        ("Engine", pending.engine().map(cleaned)),
    ];
    values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn maintenance_of(action: &PendingMaintenanceAction) -> Option<Maintenance> {
    Some(Maintenance {
        action: cleaned(action.action()?),
        description: action.description().map(cleaned),
        applies: action.current_apply_date().or(action.auto_applied_after_date()).and_then(moment),
        forced: action.forced_apply_date().and_then(moment),
        opt_in: action.opt_in_status().map(cleaned),
    })
}

fn newest_first(events: &[Event]) -> Vec<RdsEvent> {
    let mut events: Vec<_> = events.iter().filter_map(event_of).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    events
}

fn event_of(event: &Event) -> Option<RdsEvent> {
    Some(RdsEvent {
        at: event.date().and_then(moment)?,
        message: text(event.message()),
        categories: event.event_categories().iter().map(|category| cleaned(category)).collect(),
    })
}

fn moment(at: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(at.secs()).ok()
}

fn text(value: Option<&str>) -> String {
    value.map(cleaned).unwrap_or_default()
}

fn cleaned(value: &str) -> String {
    clean::line(value.as_bytes())
}
