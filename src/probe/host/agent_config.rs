//! `config.hcl` as Vault Agent understands it, with the agent's own defaults where it says nothing.

use crate::model::facts::{AgentConfig, AgentTemplate};
use crate::world::clean;
use crate::world::hcl::Section;

/// `static_secret_render_interval` where none is set.
const RENDER_INTERVAL_SECONDS: i64 = 300;

/// Reads the text.
///
/// # Errors
/// Line and reason where it is no HCL.
pub(super) fn read(text: &str) -> Result<AgentConfig, String> {
    let file = Section::read(text).map_err(|why| clean::line(why.as_bytes()))?;
    let nothing = Section::default();
    let auto_auth = file.section("auto_auth").unwrap_or(&nothing);
    let method = auto_auth.section("method").unwrap_or(&nothing);
    let credentials = method.section("config").unwrap_or(&nothing);
    let template_config = file.section("template_config").unwrap_or(&nothing);
    let interval = template_config.value("static_secret_render_interval").and_then(seconds);
    Ok(AgentConfig {
        address: file.section("vault").and_then(|vault| text_of(vault, "address")),
        method: kind(method),
        role_id_path: text_of(credentials, "role_id_file_path"),
        secret_id_path: text_of(credentials, "secret_id_file_path"),
        removes_secret_id: flag(credentials, "remove_secret_id_file_after_reading", true),
        unwraps_secret_id: credentials.value("secret_id_response_wrapping_path").is_some(),
        method_wrap_ttl: text_of(method, "wrap_ttl"),
        sinks: auto_auth.sections("sink").filter_map(kind).collect(),
        templates: file.sections("template").map(template).collect(),
        render_interval_seconds: interval.filter(|seconds| *seconds > 0).unwrap_or(RENDER_INTERVAL_SECONDS),
        exit_on_retry_failure: flag(template_config, "exit_on_retry_failure", false),
    })
}

fn template(section: &Section) -> AgentTemplate {
    AgentTemplate {
        source: text_of(section, "source"),
        destination: text_of(section, "destination").unwrap_or_default(),
        perms: text_of(section, "perms"),
        error_on_missing_key: flag(section, "error_on_missing_key", false),
    }
}

/// `method "approle" {` or `method { type = "approle"`.
fn kind(section: &Section) -> Option<String> {
    let label = section.labels.first().map(|label| clean::line(label.as_bytes()));
    label.or_else(|| text_of(section, "type"))
}

fn text_of(section: &Section, name: &str) -> Option<String> {
    section.value(name).map(|value| clean::line(value.as_bytes())).filter(|value| !value.is_empty())
}

/// As Go's `strconv.ParseBool` reads it.
fn flag(section: &Section, name: &str, default: bool) -> bool {
    match section.value(name) {
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => false,
        _ => default,
    }
}

/// `300`, `20s`, `1h30m`, `2d`: a number without unit is seconds.
fn seconds(duration: &str) -> Option<i64> {
    if let Ok(seconds) = duration.parse() {
        return Some(seconds);
    }
    let mut total = 0.0;
    let mut rest = duration.trim();
    while !rest.is_empty() {
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (number, after) = rest.split_at_checked(end)?;
        let end = after.find(|character: char| character.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end)?;
        total += number.parse::<f64>().ok()? * unit_seconds(unit)?;
        rest = after;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a duration beyond i64 is cut to it")]
    (total > 0.0).then_some(total.ceil() as i64)
}

fn unit_seconds(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" | "µs" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        "d" => Some(86400.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOCUMENTED: &str = r#"
pid_file = "/tmp/agent.pid"
vault {
  address = "https://vault.example:8200"
}
auto_auth {
  method "approle" {
    mount_path = "auth/approle"
    config = {
      role_id_file_path   = "/vault/config/role-id"
      secret_id_file_path = "/vault/config/secret-id"
    }
  }
  sink "file" { config = { path = "/tmp/token" } }
}
template {
  source      = "/vault/templates/.env.tpl"
  destination = "/vault/secrets/.env"
}
"#;

    #[test]
    fn what_is_not_said_is_as_the_agent_has_it() {
        let config = read(DOCUMENTED).unwrap();
        assert_eq!(config.method.as_deref(), Some("approle"));
        assert_eq!(config.secret_id_path.as_deref(), Some("/vault/config/secret-id"));
        assert!(config.removes_secret_id, "the agent removes the file unless told otherwise");
        assert_eq!((config.render_interval_seconds, config.exit_on_retry_failure), (300, false));
        assert_eq!(config.sinks, ["file"]);
        let template = config.templates.first().unwrap();
        assert_eq!((template.perms.as_deref(), template.error_on_missing_key), (None, false));
    }

    #[test]
    fn what_is_said_counts() {
        let config = read(
            r#"
            auto_auth {
              method {
                type = "approle"
                wrap_ttl = "5m"
                config {
                  remove_secret_id_file_after_reading = "false"
                  secret_id_response_wrapping_path = "auth/approle/role/authentik/secret-id"
                }
              }
              sink { type = "file" }
            }
            template_config {
              static_secret_render_interval = "20s"
              exit_on_retry_failure = true
            }
            template {
              contents = "x"
              destination = "/a"
              perms = "0600"
              error_on_missing_key = true
            }
            "#,
        )
        .unwrap();
        assert!(!config.removes_secret_id && config.unwraps_secret_id && config.exit_on_retry_failure);
        assert_eq!((config.render_interval_seconds, config.method_wrap_ttl.as_deref()), (20, Some("5m")));
        let template = config.templates.first().unwrap();
        assert_eq!((template.source.as_deref(), template.perms.as_deref()), (None, Some("0600")));
        assert!(template.error_on_missing_key);
    }

    #[test]
    fn durations_are_read_as_the_agent_reads_them() {
        for (text, expected) in [
            ("300", Some(300)),
            ("5m", Some(300)),
            ("20s", Some(20)),
            ("1h30m", Some(5400)),
            ("1.5m", Some(90)),
            ("2d", Some(172_800)),
            ("1500ms", Some(2)),
            ("soon", None),
            ("5", Some(5)),
            ("", None),
            ("5x", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn a_malformed_file_is_told_with_its_line() {
        assert!(read("vault {\n address = \n}\n").unwrap_err().starts_with("line 2"));
    }

    proptest! {
        #[test]
        fn no_duration_makes_it_panic(text in ".{0,20}|[0-9.]{0,12}[a-z]{0,2}[0-9]{0,5}[smh]?") {
            let _ = seconds(&text);
        }
    }
}
