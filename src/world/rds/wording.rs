//! Errors of the AWS SDK in an operator's words. The SDK's own first line ("dispatch failure", "service error") says
//! nothing: the reason stands at the end of its chain, or in the code of AWS's answer.

use std::error::Error;

use aws_sdk_rds::error::{ErrorMetadata, ProvideErrorMetadata};

use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::clean;

pub(super) type SdkError<E> = aws_sdk_rds::error::SdkError<E>;

/// Errors of one operation that carry AWS's code and message.
pub(super) trait Coded: ProvideErrorMetadata + Error + Send + Sync + 'static {}

impl<E: ProvideErrorMetadata + Error + Send + Sync + 'static> Coded for E {}

/// One API call: what failed if it fails, and the permission that it takes.
pub(super) struct Call {
    headline: String,
    permission: &'static str,
}

impl Call {
    pub(super) fn new(headline: String, permission: &'static str) -> Self {
        Self { headline, permission }
    }

    pub(super) fn nothing_came_back(&self, because: &str) -> Trouble {
        Trouble::new(&self.headline).because(because)
    }

    pub(super) fn failed<E: Coded>(&self, profile: &str, error: &SdkError<E>) -> Trouble {
        let trouble = Trouble::new(&self.headline);
        let not_aws = |status: u16| {
            trouble
                .clone()
                .because(format!("http {status}, and the answer is not one of aws"))
                .hint("is rds.endpoint_url right, and does no proxy answer in its place?")
        };
        match error {
            SdkError::ServiceError(refusal) => match refusal.err().code() {
                Some(code) => self.refused(profile, code, refusal.err().message().unwrap_or_default()),
                None => not_aws(refusal.raw().status().as_u16()),
            },
            SdkError::ResponseError(answer) => not_aws(answer.raw().status().as_u16()),
            SdkError::TimeoutError(_) => trouble
                .kind(TroubleKind::Unreachable)
                .because(format!("no answer within {} s", super::OPERATION.as_secs()))
                .hint("is the endpoint reachable from this host?"),
            SdkError::DispatchFailure(_) => trouble
                .kind(TroubleKind::Unreachable)
                .because(chain(error))
                .hint("a matter of network, not of credentials: name resolution, proxy, route"),
            _ => trouble.because(chain(error)),
        }
    }

    /// An answer of AWS that says no, by its code. Codes such as `AccessDenied` and `ExpiredToken` belong to no
    /// operation, so they are matched as words.
    fn refused(&self, profile: &str, code: &str, message: &str) -> Trouble {
        let message = clean::line(message.as_bytes());
        let trouble = Trouble::new(&self.headline).because(format!("{code}: {message}"));
        let login = format!("aws sso login --profile {profile}");
        match code {
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
                trouble.kind(TroubleKind::Credentials).hint(login)
            }
            "SignatureDoesNotMatch" if message.contains("expired") || message.contains("not yet current") => {
                trouble.kind(TroubleKind::Credentials).hint("the clock of this host is wrong: timedatectl")
            }
            "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch" | "AuthFailure" => {
                trouble.kind(TroubleKind::Credentials).hint(format!("the keys of aws profile {profile} are wrong or gone"))
            }
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => trouble
                .kind(TroubleKind::Denied)
                .hint(format!("grant {} to the identity of aws profile {profile}", self.permission)),
            "DBInstanceNotFound" | "DBInstanceNotFoundFault" => trouble.hint(format!(
                "check rds.instance, rds.region and rds.aws_profile: aws rds describe-db-instances --profile {profile}"
            )),
            "Throttling" | "ThrottlingException" | "RequestLimitExceeded" => {
                trouble.hint("aws asks for fewer calls; the next look comes later")
            }
            _ => trouble,
        }
    }
}

/// Levels that the SDK puts above every reason and that say nothing.
const SAYS_NOTHING: [&str; 5] = [
    "an error occurred while loading credentials",
    "the credentials provider was not properly configured",
    "the credential provider was not enabled",
    "service error",
    "unhandled error",
];

/// Every level of an error that says something, from the top to its cause.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut levels: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(level) = next {
        let words = words_of(level);
        let empty = SAYS_NOTHING.iter().any(|nothing| words.starts_with(nothing));
        if !empty && !levels.last().is_some_and(|last| last.contains(&words)) {
            levels.push(words);
        }
        next = level.source();
    }
    if levels.is_empty() { error.to_string() } else { clean::line(levels.join(": ").as_bytes()) }
}

fn words_of(level: &(dyn Error + 'static)) -> String {
    match level.downcast_ref::<ErrorMetadata>() {
        Some(answer) => {
            format!("{}: {}", answer.code().unwrap_or("no code"), answer.message().unwrap_or("no message"))
        }
        None => level.to_string().replace("ProfileFile provider could not be built: ", ""),
    }
}
