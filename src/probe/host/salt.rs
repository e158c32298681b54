//! Digests by which hosts are compared without any value leaving them. `host.sh` computes the same on the host.

use sha2::{Digest, Sha256};

/// Known to one run of vaultdeck only and made anew for each: without it a digest can be compared with no other, not
/// even by trying all short values.
#[derive(Clone)]
pub struct Salt(String);

impl Salt {
    /// A fresh one; all hosts of a deployment must get the same.
    pub fn random() -> Self {
        Self(hexadecimal(&rand::random::<[u8; 16]>()))
    }

    /// `sha256(salt LF key LF value)` in hexadecimal.
    pub fn digest(&self, key: &str, value: &[u8]) -> String {
        let digest =
            Sha256::new().chain_update(format!("{}\n{key}\n", self.0)).chain_update(value).finalize();
        hexadecimal(&digest)
    }

    /// As the script gets it on its standard input.
    pub(super) fn word(&self) -> &str {
        &self.0
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_is_salt_key_and_value_on_a_line_each() {
        let digest = Salt("s".into()).digest("A", b"x y");
        assert_eq!(digest, "31bee4aef3ca02d93d6b892109d1714c22a615b6262020d13e10675c80c4efea");
    }

    #[test]
    fn another_run_has_other_digests() {
        assert_ne!(Salt::random().digest("A", b"x"), Salt::random().digest("A", b"x"));
    }
}
