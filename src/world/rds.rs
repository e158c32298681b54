//! The door to AWS: the RDS instance and the caller's identity, with the credentials of one AWS profile and of no other
//! source: neither the environment nor the instance role ever stands in for a profile that fails.
//!
//! ```text
//! first look ──▶ profile ──credentials──▶ Connection ──▶ replies
//!                   ▲                         │
//!                   └── trouble, or the credentials run out
//! ```

mod acts;
mod profile;
mod wording;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_rds::types::{DbInstance, Event, Filter, PendingMaintenanceAction, SourceType};
use tokio::sync::Mutex;

use crate::config::RdsSettings;
use crate::model::trouble::{Trouble, TroubleKind};

pub use acts::{Modification, Served, Unserved};
pub use profile::{AwsFiles, Profile};

use wording::Call;

/// Longest wait for a connection to AWS.
const CONNECT: Duration = Duration::from_secs(3);

/// Longest wait for one answer, its second try included.
const OPERATION: Duration = Duration::from_secs(10);

/// Longest wait for credentials: a single sign-on or a command of the site may stand behind them.
const CREDENTIALS: Duration = Duration::from_secs(6);

/// Longest time any look through this door can take, and a little more, so that its own words arrive before a deadline.
pub const LONGEST_LOOK: Duration = Duration::from_secs(17);

/// Credentials that end within this time are asked for again.
const SPARE: Duration = Duration::from_secs(60);

/// How far back events reach; AWS keeps them no longer.
const EVENT_MINUTES: i32 = 14 * 24 * 60;

/// The RDS API and STS in the name of one AWS profile.
pub struct Rds {
    instance: String,
    endpoint_url: Option<String>,
    profile: Profile,
    state: Mutex<State>,
}

/// Whose credentials are in use, as STS tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Account number.
    pub account: String,
    /// ARN.
    pub arn: String,
}

#[derive(Default)]
enum State {
    #[default]
    Closed,
    Open(Arc<Connection>),
    Failed(Instant, Trouble),
}

struct Connection {
    rds: aws_sdk_rds::Client,
    sts: aws_sdk_sts::Client,
    good_until: Option<SystemTime>,
}

impl Rds {
    /// A door that has not been opened yet: nothing is read and nobody is asked before the first look.
    pub fn new(settings: &RdsSettings, files: AwsFiles) -> Self {
        Self {
            instance: settings.instance.clone(),
            endpoint_url: settings.endpoint_url.clone(),
            profile: Profile::new(settings.aws_profile.clone(), settings.region.clone(), files),
            state: Mutex::default(),
        }
    }

    /// The same door in the name of another profile of the same files.
    #[must_use]
    pub fn in_the_name_of(&self, profile: &str) -> Self {
        Self {
            instance: self.instance.clone(),
            endpoint_url: self.endpoint_url.clone(),
            profile: self.profile.named(profile),
            state: Mutex::default(),
        }
    }

    /// Name of the AWS profile in use.
    pub fn profile(&self) -> &str {
        self.profile.name()
    }

    /// `DescribeDBInstances` for the watched instance.
    ///
    /// # Errors
    /// Credentials, network, permission, or no such instance.
    pub async fn instance(&self) -> Result<DbInstance, Trouble> {
        let call =
            Call::new(format!("cannot read rds instance {}", self.instance), "rds:DescribeDBInstances");
        let connection = self.connection().await?;
        let reply = connection.rds.describe_db_instances().db_instance_identifier(&self.instance).send();
        let reply = self.told(&call, reply.await).await?;
        let missing =
            || call.nothing_came_back(&format!("no instance in the answer about {}", self.instance));
        reply.db_instances.unwrap_or_default().into_iter().next().ok_or_else(missing)
    }

    /// `DescribeEvents` of the last 14 days, oldest first.
    ///
    /// # Errors
    /// Credentials, network or permission.
    pub async fn events(&self) -> Result<Vec<Event>, Trouble> {
        let call = Call::new(format!("cannot read events of {}", self.instance), "rds:DescribeEvents");
        let connection = self.connection().await?;
        let pages = connection
            .rds
            .describe_events()
            .source_type(SourceType::DbInstance)
            .source_identifier(&self.instance)
            .duration(EVENT_MINUTES)
            .into_paginator()
            .items()
            .send();
        self.told(&call, pages.collect::<Result<Vec<_>, _>>().await).await
    }

    /// `DescribePendingMaintenanceActions` for the watched instance.
    ///
    /// # Errors
    /// Credentials, network or permission.
    pub async fn maintenance(&self) -> Result<Vec<PendingMaintenanceAction>, Trouble> {
        let call = Call::new(
            format!("cannot read pending maintenance of {}", self.instance),
            "rds:DescribePendingMaintenanceActions",
        );
        let connection = self.connection().await?;
        let this_instance = Filter::builder().name("db-instance-id").values(&self.instance).build();
        let request = connection.rds.describe_pending_maintenance_actions().filters(this_instance);
        let resources = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let resources = self.told(&call, resources).await?;
        Ok(resources
            .into_iter()
            .flat_map(|resource| resource.pending_maintenance_action_details.unwrap_or_default())
            .collect())
    }

    /// `sts:GetCallerIdentity`, which every identity may call.
    ///
    /// # Errors
    /// Credentials or network.
    pub async fn caller(&self) -> Result<Caller, Trouble> {
        let call = Call::new("cannot tell which aws account is in use".to_owned(), "sts:GetCallerIdentity");
        let connection = self.connection().await?;
        let reply = self.told(&call, connection.sts.get_caller_identity().send().await).await?;
        match (reply.account, reply.arn) {
            (Some(account), Some(arn)) => Ok(Caller { account, arn }),
            _ => Err(call.nothing_came_back("the answer names no account")),
        }
    }

    /// The answer, or its error in words. Where the credentials are to blame the next look starts from the profile
    /// again, so that a new login or a mended file counts at once.
    async fn told<T, E>(&self, call: &Call, answer: Result<T, wording::SdkError<E>>) -> Result<T, Trouble>
    where
        E: wording::Coded,
    {
        match answer {
            Ok(reply) => Ok(reply),
            Err(error) => {
                let trouble = call.failed(self.profile.name(), &error);
                if trouble.kind == TroubleKind::Credentials {
                    *self.state.lock().await = State::Closed;
                }
                Err(trouble)
            }
        }
    }

    /// The open connection, or a new one. Who waited while another tried in vain shares that one's trouble.
    async fn connection(&self) -> Result<Arc<Connection>, Trouble> {
        let asked = Instant::now();
        let mut state = self.state.lock().await;
        match &*state {
            State::Open(connection) if connection.is_good() => return Ok(Arc::clone(connection)),
            State::Failed(at, trouble) if *at > asked => return Err(trouble.clone()),
            _ => {}
        }
        match self.connect().await {
            Ok(connection) => {
                let connection = Arc::new(connection);
                *state = State::Open(Arc::clone(&connection));
                Ok(connection)
            }
            Err(trouble) => {
                *state = State::Failed(Instant::now(), trouble.clone());
                Err(trouble)
            }
        }
    }

    async fn connect(&self) -> Result<Connection, Trouble> {
        let region = self.profile.region().await;
        let credentials = tokio::time::timeout(CREDENTIALS, self.profile.credentials(region.clone()))
            .await
            .map_err(|_| self.profile.no_credentials_within(CREDENTIALS))??;
        let region = region.ok_or_else(|| self.profile.no_region())?;
        let good_until = credentials.expiry();
        let mut loader = self
            .profile
            .settings()
            .region(region)
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials)
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .timeout_config(
                TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(OPERATION).build(),
            );
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let config = loader.load().await;
        Ok(Connection {
            rds: aws_sdk_rds::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            good_until,
        })
    }
}

impl Connection {
    fn is_good(&self) -> bool {
        self.good_until.is_none_or(|end| end > SystemTime::now() + SPARE)
    }
}
