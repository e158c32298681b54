//! The RDS instance and the AWS identity in use.

use jiff::Timestamp;
use serde::Serialize;

use super::Part;

/// `DescribeDBInstances`, with events and pending maintenance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RdsFacts {
    /// `DBInstanceIdentifier`.
    pub identifier: String,
    /// `DBInstanceStatus`: `available`, `resetting-master-credentials`, `storage-full`.
    pub status: String,
    /// `PercentProgress`, where a percentage is told.
    pub percent_progress: Option<String>,
    /// `Endpoint.Address`; `None` while the instance is made.
    pub endpoint_address: Option<String>,
    /// `Endpoint.Port`.
    pub endpoint_port: Option<u16>,
    /// `EngineVersion` with the engine: `postgres 15.18`.
    pub engine: String,
    /// `DBInstanceClass`.
    pub class: String,
    /// `MasterUsername`.
    pub master_user: String,
    /// Whether AWS manages the master password (`MasterUserSecret`): its status when it does.
    pub managed_secret: Option<String>,
    /// `PendingModifiedValues` by name, values masked where they are secret.
    pub pending: Vec<(String, String)>,
    /// Whether a new master password is pending.
    pub pending_password: bool,
    /// First moment that a look of this run saw that password pending; RDS itself does not tell.
    pub pending_password_since: Option<Timestamp>,
    /// `MultiAZ`.
    pub multi_az: bool,
    /// `AvailabilityZone`.
    pub zone: Option<String>,
    /// `AllocatedStorage` in GiB.
    pub storage_gib: i64,
    /// `MaxAllocatedStorage` in GiB, where autoscaling is on.
    pub max_storage_gib: Option<i64>,
    /// `StorageEncrypted`.
    pub encrypted: bool,
    /// `CertificateDetails.CAIdentifier`.
    pub certificate_authority: Option<String>,
    /// `CertificateDetails.ValidTill`.
    pub certificate_valid_till: Option<Timestamp>,
    /// `IAMDatabaseAuthenticationEnabled`.
    pub iam_authentication: bool,
    /// `DeletionProtection`.
    pub deletion_protection: bool,
    /// `PubliclyAccessible`.
    pub public: bool,
    /// `BackupRetentionPeriod` in days.
    pub backup_days: i64,
    /// `LatestRestorableTime`.
    pub restorable_to: Option<Timestamp>,
    /// `PreferredMaintenanceWindow`, as AWS writes it (UTC).
    pub maintenance_window: Option<String>,
    /// `PreferredBackupWindow`, as AWS writes it (UTC).
    pub backup_window: Option<String>,
    /// `DescribePendingMaintenanceActions`.
    pub maintenance: Part<Vec<Maintenance>>,
    /// `DescribeEvents` of the last 14 days, newest first.
    pub events: Part<Vec<RdsEvent>>,
}

/// One pending maintenance action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Maintenance {
    /// `system-update`, `db-upgrade`, `ca-certificate-rotation`.
    pub action: String,
    /// AWS's own words.
    pub description: Option<String>,
    /// `CurrentApplyDate`: when it will happen.
    pub applies: Option<Timestamp>,
    /// `ForcedApplyDate`: when it cannot be put off any more.
    pub forced: Option<Timestamp>,
    /// `OptInStatus`.
    pub opt_in: Option<String>,
}

/// One RDS event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RdsEvent {
    /// When.
    pub at: Timestamp,
    /// AWS's words.
    pub message: String,
    /// `configuration change`, `failover`.
    pub categories: Vec<String>,
}

impl RdsEvent {
    /// Whether it tells of a reset master password.
    pub fn resets_master_password(&self) -> bool {
        let message = self.message.to_lowercase();
        message.contains("master")
            && (message.contains("password") || message.contains("credentials"))
            && message.contains("reset")
    }
}

/// `sts:GetCallerIdentity` and the provider that gave the credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountFacts {
    /// Account number.
    pub account: String,
    /// Caller's ARN.
    pub arn: String,
    /// Where the credentials came from: `profile shared-services`.
    pub provider: String,
    /// Variables in the environment that the AWS CLI would prefer to the profile, by name.
    pub shadowed_by: Vec<String>,
}
