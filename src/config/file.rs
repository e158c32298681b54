//! Finding `vaultdeck.toml`, choosing a profile in it, laying it over the defaults, and saying well what is wrong in it.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use toml::{Table, Value};

use super::{DEFAULT, Profile};
use crate::model::trouble::Trouble;

/// Name of the file, in the working directory or in the XDG config folder.
const FILE: &str = "vaultdeck.toml";

/// Names nearer than this are offered for an unknown key.
const NEAR: f64 = 0.6;

/// A profile and the file it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The profile, complete.
    pub profile: Profile,
    /// Its file.
    pub path: PathBuf,
    /// Names of all profiles in the file.
    pub names: Vec<String>,
}

/// Files in which a profile is looked for, first one wins: the working directory, then `$XDG_CONFIG_HOME/vaultdeck/`.
pub fn where_profiles_live() -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from(FILE)];
    if let Ok(folders) = etcetera::choose_base_strategy() {
        places.push(folders.config_dir().join("vaultdeck").join(FILE));
    }
    places
}

/// `$XDG_STATE_HOME/vaultdeck`: what lives on between commands.
pub fn state_folder() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.state_dir()?.join("vaultdeck"))
}

/// Where the runs on a deployment are written down: `$XDG_STATE_HOME/vaultdeck/runs/NAME`.
///
/// # Errors
/// Trouble when there is no such folder to be had.
pub fn runs_folder(deployment: &str) -> Result<PathBuf, Trouble> {
    let folder = state_folder().ok_or_else(|| Trouble::new("there is no state folder"))?;
    Ok(folder.join("runs").join(as_a_file(deployment)))
}

/// Where it is kept what was seen of a deployment last: `$XDG_STATE_HOME/vaultdeck/looks/NAME.json`.
pub fn last_look_file(deployment: &str) -> Option<PathBuf> {
    Some(state_folder()?.join("looks").join(format!("{}.json", as_a_file(deployment))))
}

fn as_a_file(deployment: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_');
    deployment.chars().map(|sign| if is_plain(sign) { sign } else { '_' }).collect()
}

/// Loads a profile by name, or the file's default, or its only one.
///
/// # Errors
/// Trouble when there is no file, no such profile, or the file says something that cannot be understood.
pub fn load(file: Option<&Path>, name: Option<&str>) -> Result<Found, Trouble> {
    let path = match file {
        Some(file) => file.to_owned(),
        None => where_profiles_live().into_iter().find(|place| place.exists()).ok_or_else(no_file)?,
    };
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Trouble::new(format!("cannot read {}", path.display()))
            .because(error)
            .hint("name a profile file with --config")
    })?;
    let (profile, names) = choose(&text, name)
        .map_err(|trouble| Trouble { what: format!("{}: {}", path.display(), trouble.what), ..trouble })?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(Found { profile: anchored(profile, &folder), path, names })
}

/// The embedded defaults alone, as a profile: the deployment as documented.
///
/// # Errors
/// Trouble when the defaults are no whole profile.
pub fn documented(name: &str) -> Result<Profile, Trouble> {
    over_defaults(Table::new(), name)
}

#[cfg(test)]
pub(super) fn from_text(profile: &str, name: &str) -> Result<Profile, Trouble> {
    let table = profile.parse::<Table>().map_err(|error| malformed(&error))?;
    over_defaults(table, name)
}

fn choose(text: &str, name: Option<&str>) -> Result<(Profile, Vec<String>), Trouble> {
    let mut file = text.parse::<Table>().map_err(|error| malformed(&error))?;
    let default = file.remove("default");
    let profiles = match file.remove("profiles") {
        Some(Value::Table(profiles)) => profiles,
        Some(_) => return Err(Trouble::new("`profiles` must be a table").hint("write [profiles.NAME]")),
        None => Table::new(),
    };
    if let Some(stray) = file.keys().next() {
        return Err(unknown_key(
            stray,
            &["default".to_owned(), "profiles".to_owned()],
            "at the top of the file",
        ));
    }
    let names: Vec<String> = profiles.keys().cloned().collect();
    let chosen = chosen_name(name, default.as_ref(), &names)?;
    let Some(Value::Table(table)) = profiles.get(&chosen).cloned() else {
        return Err(no_such_profile(&chosen, &names));
    };
    Ok((over_defaults(table, &chosen)?, names))
}

fn chosen_name(asked: Option<&str>, default: Option<&Value>, names: &[String]) -> Result<String, Trouble> {
    match (asked, default, names) {
        (Some(asked), _, _) => Ok(asked.to_owned()),
        (None, Some(Value::String(default)), _) => Ok(default.clone()),
        (None, None, [only]) => Ok(only.clone()),
        (None, Some(_), _) => Err(Trouble::new("`default` must be the name of a profile")),
        (None, None, []) => Err(Trouble::new("no profile in the file").hint("add a [profiles.NAME] section")),
        (None, None, _) => Err(Trouble::new("several profiles and no default")
            .because(names.join(", "))
            .hint("choose one with --profile, or set default = \"NAME\"")),
    }
}

fn over_defaults(table: Table, name: &str) -> Result<Profile, Trouble> {
    let mut whole = DEFAULT.parse::<Table>().map_err(|error| malformed(&error))?;
    lay_over(&mut whole, table);
    let text = toml::to_string(&whole)
        .map_err(|error| Trouble::new("cannot lay the profile over the defaults").because(error))?;
    let mut profile = toml::from_str::<Profile>(&text).map_err(|error| misunderstood(&error, &text, name))?;
    name.clone_into(&mut profile.name);
    Ok(profile)
}

/// Tables are merged key by key, everything else is replaced.
fn lay_over(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => lay_over(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

/// Paths in a profile are meant from the folder of its file; `~` is the operator's home.
fn anchored(mut profile: Profile, folder: &Path) -> Profile {
    for path in [
        &mut profile.hosts.inventory,
        &mut profile.hosts.ssh_config,
        &mut profile.vault.ca_file,
        &mut profile.database.ca_file,
    ]
    .into_iter()
    .flatten()
    {
        *path = anchor(path, folder);
    }
    profile.ansible.directory = anchor(&profile.ansible.directory, folder);
    profile.terraform.directory = anchor(&profile.terraform.directory, folder);
    // a program without a slash is looked for on the PATH
    if let Some(program) = profile.notices.command.first_mut().filter(|program| program.contains('/')) {
        *program = anchor(Path::new(program), folder).display().to_string();
    }
    profile
}

fn anchor(path: &Path, folder: &Path) -> PathBuf {
    match (path.strip_prefix("~"), etcetera::home_dir()) {
        (Ok(rest), Ok(home)) => home.join(rest),
        _ => folder.join(path),
    }
}

fn malformed(error: &toml::de::Error) -> Trouble {
    Trouble::new("not valid TOML")
        .because(error.to_string().trim_end().replace('\n', "\n  "))
        .hint("vaultdeck init --output other.toml writes one to compare with")
}

/// serde lists the keys it knows; the nearest of them is the likely one.
fn misunderstood(error: &toml::de::Error, text: &str, name: &str) -> Trouble {
    let message = error.message();
    let quoted: Vec<String> = message.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let section = error.span().and_then(|span| section_before(text, span.start)).unwrap_or_default();
    let place = format!("in profile {name}{section}");
    match quoted.split_first() {
        Some((key, known)) if message.starts_with("unknown field") => unknown_key(key, known, &place),
        _ => Trouble::new(format!("{place}: {message}")),
    }
}

fn section_before(text: &str, at: usize) -> Option<String> {
    let heading = text.get(..at)?.lines().rev().find(|line| line.starts_with('['))?;
    Some(format!(", section {}", heading.trim_matches(['[', ']'])))
}

fn unknown_key(key: &str, known: &[String], place: &str) -> Trouble {
    let trouble = Trouble::new(format!("unknown key `{key}` {place}"));
    let near = |name: &&String| strsim::jaro_winkler(name, key);
    match known.iter().max_by(|a, b| near(a).total_cmp(&near(b))) {
        Some(nearest) if near(&nearest) > NEAR => trouble.hint(format!("did you mean `{nearest}`?")),
        _ => trouble.hint(format!("known keys: {}", known.join(", "))),
    }
}

fn no_such_profile(name: &str, names: &[String]) -> Trouble {
    Trouble::new(format!("no profile `{name}`")).hint(format!("profiles in the file: {}", names.join(", ")))
}

fn no_file() -> Trouble {
    let places: Vec<_> = where_profiles_live().iter().map(|place| place.display().to_string()).collect();
    Trouble::new("no profile found")
        .because(format!("neither {} exists", places.join(" nor ")))
        .hint("`vaultdeck init` writes one from what it finds here; `vaultdeck demo` needs none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_profile_is_a_few_lines() {
        let text = "[profiles.shared]\nenvironment = \"prod\"\nvault.address = \"https://v:8200\"\nhosts.list = [\"a\"]\n";
        let (profile, names) = choose(text, None).unwrap();
        assert_eq!(profile.name, "shared");
        assert_eq!(names, ["shared"]);
        assert_eq!(profile.vault.kv_mount, "secret");
        assert_eq!(profile.hosts.list, ["a"]);
    }

    #[test]
    fn an_unknown_key_names_its_place_and_the_nearest_key() {
        let trouble = choose("[profiles.shared]\nvault.adress = \"x\"\n", None).unwrap_err();
        assert_eq!(trouble.what, "unknown key `adress` in profile shared, section vault");
        assert_eq!(trouble.hint.as_deref(), Some("did you mean `address`?"));
    }

    #[test]
    fn an_unknown_key_at_the_top_is_an_error_too() {
        let trouble = choose("profile = 1\n", None).unwrap_err();
        assert_eq!(trouble.hint.as_deref(), Some("did you mean `profiles`?"));
    }

    #[test]
    fn two_profiles_without_a_default_must_be_chosen_from() {
        let text = "[profiles.a]\n[profiles.b]\n";
        assert_eq!(choose(text, None).unwrap_err().what, "several profiles and no default");
        assert_eq!(choose(text, Some("b")).unwrap().0.name, "b");
        assert_eq!(choose(text, Some("c")).unwrap_err().what, "no profile `c`");
        assert_eq!(choose(&format!("default = \"a\"\n{text}"), None).unwrap().0.name, "a");
    }

    #[test]
    fn a_wrong_type_says_where() {
        let trouble = choose("[profiles.a]\nhosts.become = \"yes\"\n", None).unwrap_err();
        assert!(trouble.what.contains("section hosts"), "{trouble}");
    }
}
