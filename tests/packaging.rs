//! What is shipped: its licences, its one TLS stack, and the files of the package.

use std::collections::BTreeMap;
use std::process::Command;

use toml::{Table, Value};

/// Every crate that is linked into the binary on Linux, with versions and licence, as cargo knows them without the network.
fn shipped() -> Vec<(String, String, String)> {
    let words = ["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none"];
    let output = Command::new(env!("CARGO"))
        .args(words)
        .args(["--no-dedupe", "--format", "{p}|{l}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let crates = text.lines().filter_map(|line| {
        let (package, licence) = line.split_once('|')?;
        let mut words = package.split(' ');
        Some((words.next()?.to_owned(), words.next()?.to_owned(), licence.to_owned()))
    });
    let mut crates: Vec<_> = crates.collect();
    crates.sort();
    crates.dedup();
    assert!(crates.len() > 100, "{crates:?}");
    crates
}

fn rules() -> Table {
    include_str!("../.deny.toml").parse().unwrap()
}

fn words<'v>(value: &'v Value, key: Option<&str>) -> Vec<&'v str> {
    let word = |item: &'v Value| key.map_or(Some(item), |key| item.get(key)).and_then(Value::as_str).unwrap();
    value.as_array().unwrap().iter().map(word).collect()
}

/// Whether a licence expression can be kept with these licences alone.
fn kept(expression: &str, allowed: &[&str]) -> bool {
    let expression = expression.trim();
    for (joint, all) in [(" OR ", false), (" AND ", true)] {
        let parts = split_outside(expression, joint);
        if parts.len() > 1 {
            let mut parts = parts.into_iter().map(|part| kept(part, allowed));
            return if all { parts.all(|kept| kept) } else { parts.any(|kept| kept) };
        }
    }
    match expression.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => kept(inner, allowed),
        None => allowed.contains(&expression),
    }
}

/// Splits where the joint stands outside all brackets.
fn split_outside<'e>(expression: &'e str, joint: &str) -> Vec<&'e str> {
    let (mut parts, mut from) = (Vec::new(), 0);
    for (at, _) in expression.match_indices(joint) {
        let before = expression.get(..at).unwrap();
        if before.matches('(').count() == before.matches(')').count() {
            parts.push(expression.get(from..at).unwrap());
            from = at + joint.len();
        }
    }
    parts.push(expression.get(from..).unwrap());
    parts
}

#[test]
fn an_expression_of_licences_is_read_as_it_is_meant() {
    let allowed = ["MIT", "ISC"];
    for good in ["MIT", "GPL-3.0 OR MIT", "MIT AND (GPL-3.0 OR ISC)", "(MIT OR GPL-3.0) AND ISC"] {
        assert!(kept(good, &allowed), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT AND GPL-3.0) OR GPL-2.0", ""] {
        assert!(!kept(bad, &allowed), "{bad}");
    }
}

#[test]
fn every_crate_that_is_shipped_has_a_licence_that_may_be_shipped() {
    let rules = rules();
    let allowed = words(&rules["licenses"]["allow"], None);
    let refused = shipped()
        .into_iter()
        .filter(|(_, _, licence)| !kept(&licence.replace(" / ", " OR ").replace('/', " OR "), &allowed));
    assert_eq!(refused.collect::<Vec<_>>(), Vec::new());
}

#[test]
fn one_tls_stack_is_shipped() {
    let rules = rules();
    let banned = words(&rules["bans"]["deny"], Some("crate"));
    let mut versions: BTreeMap<String, usize> = BTreeMap::new();
    for (name, version, _) in shipped() {
        assert!(!banned.contains(&name.as_str()), "{name} {version} is shipped");
        *versions.entry(name).or_default() += 1;
    }
    for name in ["rustls", "rustls-webpki", "tokio-rustls", "aws-lc-rs", "hyper", "tokio"] {
        assert_eq!(versions.get(name), Some(&1), "{name}");
    }
}

#[test]
fn every_file_of_the_package_is_made_by_the_step_that_makes_it() {
    let manifest: Table = include_str!("../Cargo.toml").parse().unwrap();
    let script = include_str!("../.ci/package");
    let assets = manifest["package"]["metadata"]["deb"]["assets"].as_array().unwrap();
    for asset in assets {
        let source = asset[0].as_str().unwrap();
        let made = script.contains(source.trim_end_matches("/*.1"));
        assert!(made || std::path::Path::new(source).is_file(), "nobody makes {source}");
    }
}
