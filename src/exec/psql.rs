//! `psql "host=… passfile=…" -tA -c STATEMENT` in this process: psql's own grammar, as far as it is carried out here.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::Order;
use crate::model::trouble::Trouble;

/// The port of a connection string that names none.
const PORT: u16 = 5432;

/// A command told apart.
pub struct Said {
    /// Parameters of the connection string.
    parameters: BTreeMap<String, String>,
    /// What the database is asked.
    pub statement: String,
    /// The password that the order's own file holds.
    pub password: Zeroizing<String>,
}

impl Said {
    /// Tells the words of an order apart.
    ///
    /// # Errors
    /// Trouble when the command is another one than this, or the order has no password file.
    pub fn of(order: &Order) -> Result<Self, Trouble> {
        let words = order.line.argv()?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ["psql", place, "-tA", "-c", statement] = words[..] else {
            return Err(Trouble::new("psql is carried out here in one form only")
                .hint(r#"psql "host=… passfile={file}" -tA -c "select 1""#));
        };
        let parameters = parameters(place)?;
        let own = order.file.as_ref().is_some_and(|(path, _)| parameters.get("passfile") == Some(path));
        let passfile = order.file_bytes()?.filter(|_| own);
        let passfile = passfile.ok_or_else(|| {
            Trouble::new("nobody says where the password is").hint("passfile={file}, and a file of the step")
        })?;
        Ok(Self { parameters, statement: statement.to_owned(), password: last_field(&passfile) })
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// Trouble when it is not.
    pub fn parameter(&self, name: &str) -> Result<&str, Trouble> {
        let missing = || Trouble::new(format!("the connection string of psql has no {name}"));
        self.given(name).ok_or_else(missing)
    }

    /// A parameter, when it is there.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// The port.
    ///
    /// # Errors
    /// Trouble when what stands there is no port.
    pub fn port(&self) -> Result<u16, Trouble> {
        let Some(port) = self.given("port") else { return Ok(PORT) };
        port.parse().map_err(|_| Trouble::new(format!("`{port}` is no port")))
    }
}

/// `name=value` by spaces. libpq's quotes are not needed for what names hosts, roles and databases.
fn parameters(place: &str) -> Result<BTreeMap<String, String>, Trouble> {
    let pair = |part: &str| {
        let pair = part.split_once('=').filter(|(_, value)| !value.contains(['\'', '\\']));
        let pair = pair.map(|(name, value)| (name.to_owned(), value.to_owned()));
        pair.ok_or_else(|| Trouble::new("the connection string of psql is not understood"))
    };
    place.split_whitespace().map(pair).collect()
}

/// The last field of a password file's line, its escapes undone.
fn last_field(line: &str) -> Zeroizing<String> {
    let mut field = Zeroizing::new(String::with_capacity(line.len()));
    let mut signs = line.trim_end_matches('\n').chars();
    while let Some(sign) = signs.next() {
        match sign {
            ':' => field.clear(),
            '\\' => field.extend(signs.next()),
            sign => field.push(sign),
        }
    }
    field
}
