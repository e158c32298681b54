//! Vault's times: RFC 3339, where an empty text, null and the year 1 all say "never".

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// Reads a time that may be "never", for `deserialize_with`.
///
/// # Errors
/// The deserializer's own, when there is a text that is no time.
pub fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    let moment: Timestamp = text.parse().map_err(serde::de::Error::custom)?;
    Ok(Some(moment).filter(|moment| *moment > Timestamp::UNIX_EPOCH))
}
