//! One AWS profile: where its files lie, its region, its credentials and what to say when there are none.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::ConfigLoader;
use aws_config::Region;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_sdk_rds::config::{Credentials, ProvideCredentials};

use super::wording::chain;
use crate::model::trouble::{Trouble, TroubleKind};

#[expect(deprecated, reason = "its new home is a crate that is not ours to import")]
type SdkFiles = aws_config::profile::profile_file::ProfileFiles;
#[expect(deprecated, reason = "its new home is a crate that is not ours to import")]
type SdkFileKind = aws_config::profile::profile_file::ProfileFileKind;

/// The two files in which the AWS CLI keeps its profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsFiles {
    /// `~/.aws/config`, or what `AWS_CONFIG_FILE` names.
    pub config: PathBuf,
    /// `~/.aws/credentials`, or what `AWS_SHARED_CREDENTIALS_FILE` names.
    pub credentials: PathBuf,
}

impl AwsFiles {
    /// Where they lie for this process.
    pub fn of_this_process() -> Self {
        let home = std::env::home_dir().unwrap_or_default();
        let named = |variable: &str, usual: &str| {
            let path = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
            path.map_or_else(|| home.join(usual), |path| below_home(&home, path))
        };
        Self {
            config: named("AWS_CONFIG_FILE", ".aws/config"),
            credentials: named("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
        }
    }

    /// Names of the profiles that both files define.
    fn profiles(&self) -> BTreeSet<String> {
        [&self.config, &self.credentials].into_iter().flat_map(|path| headings(path)).collect()
    }

    fn for_sdk(&self) -> SdkFiles {
        let files = [(SdkFileKind::Config, &self.config), (SdkFileKind::Credentials, &self.credentials)];
        let present = files.into_iter().filter(|(_, path)| path.is_file());
        // an empty one besides: the SDK panics over no file at all
        let builder = SdkFiles::builder().with_contents(SdkFileKind::Config, "");
        present.fold(builder, |builder, (kind, path)| builder.with_file(kind, path)).build()
    }
}

/// `~/x` below the home folder, anything else as it is.
fn below_home(home: &Path, path: PathBuf) -> PathBuf {
    path.strip_prefix("~").map(|rest| home.join(rest)).unwrap_or(path)
}

/// `[profile x]` and `[x]`, without the sections that are no profiles.
fn headings(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let inside = |line: &str| Some(line.trim().strip_prefix('[')?.split(']').next()?.trim().to_owned());
    let is_profile = |name: &String| !name.starts_with("sso-session ") && !name.starts_with("services ");
    let bare =
        |name: String| name.strip_prefix("profile ").map(|name| name.trim().to_owned()).unwrap_or(name);
    text.lines().filter_map(inside).filter(is_profile).map(bare).collect()
}

/// One profile of those files.
#[derive(Debug)]
pub struct Profile {
    name: String,
    region: Option<String>,
    files: AwsFiles,
}

impl Profile {
    pub(super) fn new(name: String, region: Option<String>, files: AwsFiles) -> Self {
        Self { name, region, files }
    }

    /// Another profile of the same files, in the same region.
    pub(super) fn named(&self, name: &str) -> Self {
        Self::new(name.to_owned(), self.region.clone(), self.files.clone())
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What else the profile says (endpoint, CA bundle, dual stack), before credentials and region are set.
    pub(super) fn settings(&self) -> ConfigLoader {
        aws_config::from_env().profile_name(&self.name).profile_files(self.files.for_sdk())
    }

    /// Region as `--region` would give it, else of the environment, else of the profile. The instance's metadata, which
    /// the SDK would ask last, is never asked.
    pub(super) async fn region(&self) -> Option<Region> {
        let of_profile = ProfileFileRegionProvider::builder()
            .profile_name(&self.name)
            .profile_files(self.files.for_sdk())
            .build();
        let chain = RegionProviderChain::first_try(self.region.clone().map(Region::new))
            .or_else(EnvironmentVariableRegionProvider::new())
            .or_else(of_profile);
        chain.region().await
    }

    /// Credentials of this profile: keys, role, single sign-on or command, whatever it names. Read anew at each call.
    pub(super) async fn credentials(&self, region: Option<Region>) -> Result<Credentials, Trouble> {
        if !self.exists() {
            return Err(self.not_defined());
        }
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&ProviderConfig::without_region().with_region(region))
            .profile_files(self.files.for_sdk())
            .profile_name(&self.name)
            .build();
        provider.provide_credentials().await.map_err(|error| self.no_credentials(&error))
    }

    pub(super) fn no_credentials_within(&self, limit: Duration) -> Trouble {
        self.trouble()
            .because(format!("nothing came back within {} s", limit.as_secs()))
            .hint(format!("try it by hand: aws sts get-caller-identity --profile {}", self.name))
    }

    pub(super) fn no_region(&self) -> Trouble {
        Trouble::new(format!("no aws region for profile {}", self.name))
            .because(format!("neither {} nor AWS_REGION names one", self.files.config.display()))
            .hint("set rds.region in the profile of vaultdeck")
    }

    fn exists(&self) -> bool {
        self.files.profiles().contains(&self.name)
    }

    fn not_defined(&self) -> Trouble {
        let known = self.files.profiles().into_iter().collect::<Vec<_>>().join(", ");
        let hint = match known.as_str() {
            "" => format!("aws configure sso --profile {}", self.name),
            known => format!("profiles that exist: {known}; set rds.aws_profile"),
        };
        Trouble::new(format!("aws profile {} is not defined", self.name))
            .kind(TroubleKind::Credentials)
            .because(format!("no such section in {}", self.files.config.display()))
            .hint(hint)
    }

    fn no_credentials(&self, error: &(dyn Error + 'static)) -> Trouble {
        let told = chain(error);
        let (because, hint) = self.remedy(&told, &format!("{error:?}"));
        let kind = if is_network(&told) { TroubleKind::Unreachable } else { TroubleKind::Credentials };
        self.trouble().kind(kind).because(because).hint(hint)
    }

    fn trouble(&self) -> Trouble {
        Trouble::new(format!("no credentials from aws profile {}", self.name)).kind(TroubleKind::Credentials)
    }

    /// What the SDK's chain of errors means, and what to do. `debug` is only searched, for it may show more than it
    /// should.
    fn remedy(&self, told: &str, debug: &str) -> (String, String) {
        let login = format!("aws sso login --profile {}", self.name);
        let files = format!("check profile {} in {}", self.name, self.files.config.display());
        let says = |words: &str| told.contains(words);
        let (because, hint) = if says("SSO token has expired") || says("UnauthorizedException") {
            ("the sso session has expired", login)
        } else if debug.contains("JsonError") {
            ("the file with the sso session is damaged", login)
        } else if says("cached SSO token") || says(".aws/sso/cache") {
            ("nobody has logged in by sso on this machine yet", login)
        } else if told == "the credential provider was not enabled" {
            ("the profile names no keys, role, sso session or command", files)
        } else if is_network(told) {
            (told, "a matter of network, not of credentials: name resolution, proxy, route".to_owned())
        } else {
            (told, files)
        };
        (because.to_owned(), hint)
    }
}

fn is_network(told: &str) -> bool {
    told.contains("dispatch failure") || told.contains("dns error")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        let files = AwsFiles { config: PathBuf::from("config"), credentials: PathBuf::from("credentials") };
        Profile::new("shared-services".to_owned(), None, files)
    }

    #[test]
    fn an_ended_sso_session_and_a_damaged_one_are_told_apart() {
        let login = "aws sso login --profile shared-services".to_owned();
        let expired = "the SSO token has expired and cannot be refreshed";
        assert_eq!(profile().remedy(expired, ""), ("the sso session has expired".to_owned(), login.clone()));
        let (unread, debug) =
            ("failed to load the cached SSO token", "FailedToLoadToken { source: JsonError(..) }");
        assert_eq!(
            profile().remedy(unread, debug),
            ("the file with the sso session is damaged".to_owned(), login)
        );
    }

    #[test]
    fn a_name_that_does_not_resolve_is_no_matter_of_credentials() {
        let (because, hint) = profile().remedy("dispatch failure: io error: dns error", "");
        assert_eq!(because, "dispatch failure: io error: dns error");
        assert!(hint.starts_with("a matter of network"));
    }

    #[test]
    fn a_tilde_is_the_home_folder() {
        let home = Path::new("/home/jane");
        assert_eq!(below_home(home, PathBuf::from("~/aws")), PathBuf::from("/home/jane/aws"));
        assert_eq!(below_home(home, PathBuf::from("/etc/aws")), PathBuf::from("/etc/aws"));
    }
}
