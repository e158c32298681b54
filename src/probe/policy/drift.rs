//! Two policy texts held against each other by what they grant: paths and capabilities, whatever their order, spacing
//! and comments.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};

/// Path to what is granted there.
type Grants = BTreeMap<String, Grant>;

#[derive(Debug, Default, PartialEq, Eq)]
struct Grant {
    capabilities: BTreeSet<String>,
    /// Everything else that is said of a path, as written: `min_wrapping_ttl = "1s"`.
    conditions: BTreeSet<String>,
}

/// One sentence per difference of the server's policy from the documented one; none when they grant the same.
pub fn drift(server: &str, documented: &str) -> Vec<String> {
    let (server, documented) = match (grants(server), grants(documented)) {
        (Ok(server), Ok(documented)) => (server, documented),
        (Err(error), _) => return vec![format!("the text on the server cannot be read: {error}")],
        (_, Err(error)) => return vec![format!("the documented text cannot be read: {error}")],
    };
    let paths: BTreeSet<&String> = server.keys().chain(documented.keys()).collect();
    paths.into_iter().flat_map(|path| differences(path, server.get(path), documented.get(path))).collect()
}

fn differences(path: &str, server: Option<&Grant>, documented: Option<&Grant>) -> Vec<String> {
    match (server, documented) {
        (None, Some(documented)) => {
            vec![format!("{path}: not in it; documented {}", list(&documented.capabilities))]
        }
        (Some(server), None) => vec![format!("{path}: grants {}, undocumented", list(&server.capabilities))],
        (Some(server), Some(documented)) => [
            only_in("lacks", &documented.capabilities, &server.capabilities),
            only_in("grants also", &server.capabilities, &documented.capabilities),
            only_in("lacks the condition", &documented.conditions, &server.conditions),
            only_in("has the condition", &server.conditions, &documented.conditions),
        ]
        .into_iter()
        .flatten()
        .map(|difference| format!("{path}: {difference}"))
        .collect(),
        (None, None) => Vec::new(),
    }
}

fn only_in(verb: &str, these: &BTreeSet<String>, but_not: &BTreeSet<String>) -> Option<String> {
    let only: BTreeSet<String> = these.difference(but_not).cloned().collect();
    (!only.is_empty()).then(|| format!("{verb} {}", list(&only)))
}

fn list(words: &BTreeSet<String>) -> String {
    match words.len() {
        0 => "nothing".to_owned(),
        _ => words.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    }
}

fn grants(text: &str) -> Result<Grants, String> {
    let body: Body = text.parse().map_err(|error: hcl_edit::parser::Error| {
        format!("line {}: {}", error.location().line(), error.message())
    })?;
    let mut grants = Grants::new();
    for block in body.blocks().filter(|block| block.has_ident("path")) {
        let path = block.labels.first().map_or("", |label| label.as_str());
        add(grants.entry(path.trim_start_matches('/').to_owned()).or_default(), block);
    }
    Ok(grants)
}

/// Vault joins blocks of the same path.
fn add(grant: &mut Grant, block: &Block) {
    for attribute in block.body.attributes() {
        match attribute.key.as_str() {
            "capabilities" => grant.capabilities.extend(words(&attribute.value)),
            "policy" => grant.capabilities.extend(words(&attribute.value).flat_map(|old| of_old_style(&old))),
            key => {
                grant.conditions.insert(format!("{key} = {}", attribute.value.to_string().trim()));
            }
        }
    }
    let nested = block.body.blocks().map(|block| block.ident.as_str().to_owned());
    grant.conditions.extend(nested);
}

fn words(value: &Expression) -> impl Iterator<Item = String> {
    let one = value.as_str().map(str::to_owned);
    let many = value.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned));
    one.into_iter().chain(many)
}

/// The one-word policies of Vault's first years.
fn of_old_style(policy: &str) -> Vec<String> {
    let words: &[&str] = match policy {
        "read" => &["read", "list"],
        "write" => &["create", "read", "update", "delete", "list"],
        "sudo" => &["create", "read", "update", "delete", "list", "sudo"],
        _ => &["deny"],
    };
    words.iter().map(|&word| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;

    const DOCUMENTED: &str = "path \"secret/data/a/*\" {\n  capabilities = [\"read\", \"list\"]\n}\n";

    fn text<'a>(grants: impl Iterator<Item = (&'a String, &'a Vec<String>)>) -> String {
        let block = |(path, words)| format!("path \"{path}\" {{\n  capabilities = {words:?}\n}}");
        grants.map(block).collect::<Vec<_>>().join("\n")
    }

    proptest! {
        #[test]
        fn a_policy_never_drifts_from_itself_told_backwards(
            grants in btree_map("[a-z/+*]{1,9}", vec("[a-z]{1,6}", 0..4), 0..6)
        ) {
            let backwards: BTreeMap<_, Vec<String>> =
                grants.iter().map(|(path, words)| (path.clone(), words.iter().rev().cloned().collect())).collect();
            prop_assert_eq!(drift(&text(grants.iter()), &text(backwards.iter().rev())), Vec::<String>::new());
        }
    }

    #[test]
    fn order_spacing_comments_and_split_blocks_are_no_drift() {
        let server = "# by hand\npath \"secret/data/a/*\" { capabilities = [\"list\"] }\n\
                      path   \"/secret/data/a/*\"{\n capabilities=[\"read\"] // twice\n}";
        assert_eq!(drift(server, DOCUMENTED), Vec::<String>::new());
    }

    #[test]
    fn every_difference_is_a_sentence() {
        let server = "path \"secret/data/a/*\" { capabilities = [\"read\", \"delete\"] }\n\
                      path \"sys/*\" { policy = \"sudo\" }\n";
        assert_eq!(
            drift(server, DOCUMENTED),
            [
                "secret/data/a/*: lacks list",
                "secret/data/a/*: grants also delete",
                "sys/*: grants create, delete, list, read, sudo, update, undocumented",
            ]
        );
        assert_eq!(drift("", DOCUMENTED), ["secret/data/a/*: not in it; documented list, read"]);
    }

    #[test]
    fn a_condition_counts() {
        let server =
            "path \"secret/data/a/*\" {\n capabilities = [\"read\", \"list\"]\n min_wrapping_ttl = \"1s\"\n}";
        assert_eq!(
            drift(server, DOCUMENTED),
            ["secret/data/a/*: has the condition min_wrapping_ttl = \"1s\""]
        );
    }

    #[test]
    fn a_text_nested_without_end_is_refused_and_ends_nobody() {
        let nested = format!("path \"a\" {{\n capabilities = {}\n}}", "[".repeat(200_000));
        assert_eq!(drift(&nested, DOCUMENTED).len(), 1);
        let blocks = "a {\n".repeat(200_000);
        assert_eq!(drift(&blocks, DOCUMENTED).len(), 1);
    }

    #[test]
    fn a_text_that_is_no_hcl_is_said_and_not_compared() {
        let said = drift("path {{{", DOCUMENTED);
        assert!(
            said.len() == 1 && said[0].starts_with("the text on the server cannot be read: line 1"),
            "{said:?}"
        );
    }
}
