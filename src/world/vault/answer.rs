//! What came back from Vault: a status and a body that is wiped when dropped, because it may hold a secret.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::refusal::{Refusal, one_line};
use crate::model::facts::Part;
use crate::model::trouble::Trouble;

/// An answer of any status, not yet understood.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// When the question left.
    pub asked: Timestamp,
    /// When the answer's head was here.
    pub answered: Timestamp,
    /// What was asked: `read sys/health`.
    request: String,
    /// Who answered.
    address: String,
    body: Zeroizing<Vec<u8>>,
}

/// A good answer of an endpoint that wraps what it says in `data`.
#[derive(Deserialize)]
pub struct Reply<T> {
    /// The payload; absent in logins and empty answers.
    #[serde(default = "nothing")]
    pub data: Option<T>,
    /// Vault's own remarks: capped TTLs, ignored parameters.
    #[serde(default)]
    pub warnings: Option<Vec<String>>,
    /// Id of the request in the audit log.
    #[serde(default)]
    pub request_id: String,
    /// The token a login hands out.
    #[serde(default)]
    pub auth: Option<Login>,
}

/// The outcome of a login.
#[derive(Deserialize)]
pub struct Login {
    /// The token.
    #[serde(deserialize_with = "secret")]
    pub client_token: SecretString,
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<String>,
}

impl Answer {
    /// An answer as it stood on the wire.
    pub fn new(request: &str, address: &str, status: u16, body: Zeroizing<Vec<u8>>) -> Self {
        let never = Timestamp::UNIX_EPOCH;
        Self {
            status,
            asked: never,
            answered: never,
            request: request.to_owned(),
            address: address.to_owned(),
            body,
        }
    }

    /// The same answer with the moments of question and answer.
    #[must_use]
    pub fn between(self, asked: Timestamp, answered: Timestamp) -> Self {
        Self { asked, answered, ..self }
    }

    /// The reply of a good answer.
    ///
    /// # Errors
    /// Trouble when Vault refused, or what answered is not Vault.
    pub fn accept<T: DeserializeOwned>(&self) -> Result<Reply<T>, Trouble> {
        if let Some(page) = self.page() {
            return Err(page);
        }
        if let Some(refusal) = self.refusal() {
            return Err(refusal.trouble(&self.request, &self.address, self.status, &self.errors()));
        }
        if self.body.is_empty() {
            return Ok(Reply { data: None, warnings: None, request_id: String::new(), auth: None });
        }
        self.flat()
    }

    /// The payload of a good answer.
    ///
    /// # Errors
    /// As [`Answer::accept`], and when the answer carries no `data`.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, Trouble> {
        self.accept()?.data.ok_or_else(|| {
            Trouble::new(format!("cannot {}", self.request))
                .because(format!("vault answers {} without data", self.status))
        })
    }

    /// The payload, where a refusal of this path alone hides a part of what a look sees.
    ///
    /// # Errors
    /// Trouble that concerns more than this path (a dead token, a sealed server): the whole look has failed.
    pub fn part<T: DeserializeOwned>(&self) -> Result<Part<T>, Trouble> {
        match (self.data(), self.refusal()) {
            (Err(trouble), Some(refusal)) if !refusal.concerns_one_path() => Err(trouble),
            (payload, _) => Ok(payload),
        }
    }

    /// The body as it stands, whatever the status: for `sys/health` and for 404s that still tell something.
    ///
    /// # Errors
    /// Trouble when it is not the JSON that Vault sends.
    pub fn flat<T: DeserializeOwned>(&self) -> Result<T, Trouble> {
        let parsed = serde_json::from_slice(&self.body);
        parsed.map_err(|error| self.page().unwrap_or_else(|| self.not_understood(&error)))
    }

    /// The body as JSON, whatever the status; `None` where there is none. A refusal in plain words is told as Vault tells its
    /// own.
    ///
    /// # Errors
    /// Trouble when it is a page, or a good answer that is no JSON: what answers is not Vault.
    pub fn json(&self) -> Result<Option<Value>, Trouble> {
        if self.body.is_empty() {
            return Ok(None);
        }
        match serde_json::from_slice(&self.body) {
            Ok(json) => Ok(Some(json)),
            Err(error) => match (self.page(), self.refusal()) {
                (Some(page), _) => Err(page),
                (None, None) => Err(self.not_understood(&error)),
                (None, Some(_)) => Ok(Some(json!({ "errors": self.errors() }))),
            },
        }
    }

    /// Whether Vault itself refused, in its own form; a proxy before it answers otherwise.
    pub fn is_vaults_own(&self) -> bool {
        self.body.is_empty() || serde_json::from_slice::<Errors>(&self.body).is_ok()
    }

    /// How Vault refused; `None` for a good answer.
    pub fn refusal(&self) -> Option<Refusal> {
        match self.status {
            200..=299 => None,
            status => Some(Refusal::of(status, &self.errors())),
        }
    }

    /// Whether one of Vault's errors contains a text.
    pub fn says(&self, text: &str) -> bool {
        self.errors().iter().any(|error| error.contains(text))
    }

    /// Whether the CLI would try again, where it is told to.
    pub(super) fn is_worth_a_retry(&self) -> bool {
        matches!(self.status, 412 | 429 | 500 | 502..=599)
    }

    /// Vault's `errors`, or what stands in their place: plain text, or the name of a page.
    fn errors(&self) -> Vec<String> {
        if let Ok(Errors { errors }) = serde_json::from_slice(&self.body) {
            return errors;
        }
        let text = String::from_utf8_lossy(&self.body);
        let text = page_title(&text).unwrap_or_else(|| text.trim().to_owned());
        if text.is_empty() || text.starts_with('{') { Vec::new() } else { vec![text] }
    }

    /// A page where Vault should be. With a server error it may well be Vault's own proxy that speaks, briefly.
    fn page(&self) -> Option<Trouble> {
        let page = page_title(&String::from_utf8_lossy(&self.body)).filter(|_| self.status < 500)?;
        Some(self.not_vault(format!("{page} came back with status {}", self.status)))
    }

    fn not_vault(&self, because: String) -> Trouble {
        Trouble::new(format!("what answers at {} is not vault", self.address))
            .because(because)
            .hint("a proxy or a portal may stand there: check VAULT_ADDR")
    }

    fn not_understood(&self, error: &serde_json::Error) -> Trouble {
        if error.is_data() {
            return Trouble::new(format!("cannot {}", self.request))
                .because(format!("{} answers it as no Vault known here does", self.address))
                .hint("a much older or newer server, or something else at that address");
        }
        // serde's words would quote the body; the place of the error tells as much and leaks nothing.
        let place = format!("line {} column {}", error.line(), error.column());
        self.not_vault(format!("status {} with broken JSON, {place}", self.status))
    }
}

fn page_title(text: &str) -> Option<String> {
    if !text.trim_start().starts_with('<') {
        return None;
    }
    let title = text.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
    let title = title.map(one_line).filter(|title| !title.is_empty());
    Some(title.map_or("an HTML page".to_owned(), |title| format!("an HTML page titled `{title}`")))
}

fn nothing<T>() -> Option<T> {
    None
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}
