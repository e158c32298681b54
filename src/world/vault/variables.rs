//! The environment of the Vault CLI as OpenBao's CLI reads it: `BAO_X` before `VAULT_X`, where a `BAO_X` that is set
//! but empty hides `VAULT_X`. With no `BAO_*` in sight that is HashiCorp's CLI to the letter.

use crate::config::Surroundings;
use crate::model::trouble::Trouble;

/// A variable that is set and not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variable<'a> {
    /// The name that won, for saying where a setting came from.
    pub(crate) name: &'a str,
    /// Its value.
    pub(crate) value: &'a str,
}

/// Looks a variable up by the part of its name after the prefix: `ADDR`.
pub(crate) fn variable<'a>(surroundings: &'a Surroundings, suffix: &str) -> Option<Variable<'a>> {
    let set = |prefix: &str| surroundings.variables.get_key_value(&format!("{prefix}_{suffix}"));
    let (name, value) = set("BAO").or_else(|| set("VAULT"))?;
    if value.is_empty() { None } else { Some(Variable { name, value }) }
}

/// A variable read as the CLI reads truth: `1 t T TRUE true True` and their opposites.
pub(super) fn flag(surroundings: &Surroundings, suffix: &str) -> Result<bool, Trouble> {
    let Some(variable) = variable(surroundings, suffix) else { return Ok(false) };
    match variable.value {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(unreadable(variable, "neither true nor false", "set it to true or false")),
    }
}

/// A variable that says something the CLI would stumble over too.
pub(super) fn unreadable(variable: Variable<'_>, because: &str, hint: &str) -> Trouble {
    Trouble::new(format!("cannot make sense of {}", variable.name))
        .because(format!("`{}` is {because}", variable.value))
        .hint(hint)
}
