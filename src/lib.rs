//! vaultdeck: the operations console of an authentik deployment whose secrets come from HashiCorp Vault
//! (or OpenBao) through Vault Agent sidecars.
//!
//! The rooms, lowest first. A room imports only rooms above its own line; `tests/architecture.rs` holds the wall.
//!
//! | room | what happens there |
//! |---|---|
//! | [`model`] | what is known, and what follows from it: no IO, no clock, no colour |
//! | [`config`] | the profile: embedded defaults under the user's file under flags |
//! | [`world`] | every door to the outside, one file per system |
//! | [`probe`] | how each system is looked at: a reply becomes facts |
//! | [`exec`] | how a command is carried out: in this process or as a child |
//! | [`engine`] | carries a run forward, and writes each event down first |
//! | [`demo`] | a pretend fleet that answers the same ports |
//! | [`deck`] | watch, refresh, follow: the one handle both faces hold |
//! | `tui`, `cli` | the two faces |

pub mod cli;
pub mod config;
pub mod deck;
pub mod demo;
pub mod engine;
pub mod exec;
pub mod model;
pub mod probe;
pub mod tui;
pub mod world;
