//! A real database login with the current KV values, and the shape of those values. Only when somebody asks:
//! this is the one look that reads a secret, in memory, and reports properties of it.

use std::fmt;

use serde::Serialize;

use super::Part;

/// What one asked-for proof found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoginFacts {
    /// KV version of the credentials that were tried.
    pub secret_version: u64,
    /// `pg_host` in KV.
    pub host: String,
    /// `pg_port` in KV.
    pub port: String,
    /// `pg_user` in KV.
    pub user: String,
    /// `pg_name` in KV.
    pub database: String,
    /// From where: `control host` or a host's name.
    pub through: String,
    /// TLS mode that was used: `verify-full`, `require`, `disable`.
    pub tls: String,
    /// What the server answered.
    pub outcome: LoginOutcome,
    /// Shape of `pg_password`.
    pub password_shape: Part<ValueShape>,
    /// Shape of `secret_key`.
    pub secret_key_shape: Part<ValueShape>,
}

/// What the server answered to a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum LoginOutcome {
    /// The login succeeded; the server's version.
    Ok {
        /// `server_version`.
        server_version: String,
    },
    /// The server refused, with its SQLSTATE.
    Refused {
        /// Five characters: `28P01`.
        sqlstate: String,
        /// What class that is.
        class: RefusalClass,
        /// The server's words, cleaned.
        message: String,
    },
    /// No answer from the server: network, TLS, timeout.
    Unreachable {
        /// The cause in words.
        because: String,
    },
}

/// Classes of refusal by SQLSTATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalClass {
    /// 28P01.
    WrongPassword,
    /// 28000: no `pg_hba` entry, or TLS required.
    NotAllowed,
    /// 3D000.
    NoDatabase,
    /// 53300.
    TooManyConnections,
    /// 57P03.
    StartingUp,
    /// Any other.
    Other,
}

impl RefusalClass {
    /// The class of a SQLSTATE.
    pub fn of(sqlstate: &str) -> Self {
        match sqlstate {
            "28P01" => Self::WrongPassword,
            "28000" => Self::NotAllowed,
            "3D000" => Self::NoDatabase,
            "53300" => Self::TooManyConnections,
            "57P03" => Self::StartingUp,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for RefusalClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::WrongPassword => "password refused",
            Self::NotAllowed => "no pg_hba entry, or tls required",
            Self::NoDatabase => "no such database",
            Self::TooManyConnections => "too many connections",
            Self::StartingUp => "server is starting up",
            Self::Other => "refused",
        })
    }
}

/// Properties of a secret value that can be said aloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValueShape {
    /// Length in characters.
    pub length: usize,
    /// Kinds of forbidden characters found, in words: `space`, `quote`, `not printable`. Never the characters' places.
    pub forbidden: Vec<String>,
    /// Whether it ends in a newline (as `key=@file` leaves it).
    pub trailing_newline: bool,
}
