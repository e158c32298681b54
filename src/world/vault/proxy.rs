//! Which proxy stands between us and Vault, chosen as Go's HTTP client chooses: Vault's own variable always counts; the
//! common ones count by scheme, never for this machine itself, and not for what `NO_PROXY` names.

use std::net::IpAddr;

use reqwest::Url;

use super::settings::Address;
use super::variables::{Variable, unreadable, variable};
use crate::config::Surroundings;
use crate::model::trouble::Trouble;

/// The proxy for an address, if any.
pub(super) fn chosen(surroundings: &Surroundings, address: &Address) -> Result<Option<Url>, Trouble> {
    if let Some(own) = variable(surroundings, "PROXY_ADDR").or_else(|| variable(surroundings, "HTTP_PROXY")) {
        return parse(own).map(Some);
    }
    let common = if address.url.scheme() == "https" { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    let Some(common) = either_case(surroundings, common) else { return Ok(None) };
    let exempt = either_case(surroundings, "NO_PROXY").map_or("", |variable| variable.value);
    if address.socket.is_some() || is_exempt(&address.url, exempt) {
        return Ok(None);
    }
    parse(common).map(Some)
}

fn either_case<'a>(surroundings: &'a Surroundings, name: &str) -> Option<Variable<'a>> {
    let set = |name: &str| surroundings.variables.get_key_value(name).filter(|(_, value)| !value.is_empty());
    let (name, value) = set(name).or_else(|| set(&name.to_lowercase()))?;
    Some(Variable { name, value })
}

fn parse(variable: Variable<'_>) -> Result<Url, Trouble> {
    let whole = if variable.value.contains("://") {
        variable.value.to_owned()
    } else {
        format!("http://{}", variable.value)
    };
    // The value may hold a password: it is not repeated in the trouble.
    let hidden = Variable { value: "its value", ..variable };
    whole.parse().map_err(|_| unreadable(hidden, "no url", "write http://proxy.example:3128"))
}

fn is_exempt(url: &Url, list: &str) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_lowercase();
    let ip = host.parse::<IpAddr>().ok();
    if host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()) {
        return true;
    }
    let port = url.port_or_known_default();
    list.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .any(|entry| names(entry, &host, ip, port))
}

/// Whether one entry of `NO_PROXY` names a host: `*`, an address, a network, `.inside`, or a domain with all below it.
fn names(entry: &str, host: &str, ip: Option<IpAddr>, port: Option<u16>) -> bool {
    let entry = entry.to_lowercase();
    if entry == "*" {
        return true;
    }
    if let (Some(ip), Some((network, bits))) = (ip, entry.split_once('/')) {
        return contains(network, bits, ip);
    }
    let (name, wanted_port) = match entry.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') => (name.to_owned(), digits.parse::<u16>().ok()),
        _ => (entry, None),
    };
    if wanted_port.is_some() && wanted_port != port {
        return false;
    }
    if let Some(ip) = ip {
        return name.trim_matches(['[', ']']).parse() == Ok(ip);
    }
    let name = name.strip_prefix('*').unwrap_or(&name);
    match name.strip_prefix('.') {
        Some(_) => host.ends_with(name),
        None => host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')),
    }
}

fn contains(network: &str, bits: &str, ip: IpAddr) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    match (network, ip) {
        (IpAddr::V4(network), IpAddr::V4(ip)) if bits <= 32 => {
            (network.to_bits() ^ ip.to_bits()).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(network), IpAddr::V6(ip)) if bits <= 128 => {
            (network.to_bits() ^ ip.to_bits()).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}
