//! Every door to the outside, one file per system. What comes in through a door is cleaned in [`clean`]; what cannot
//! come in is told as a [`Trouble`](crate::model::trouble::Trouble).

pub mod ansible;
pub mod clean;
pub mod docker;
pub mod hcl;
pub mod host;
pub mod postgres;
mod private_folder;
pub mod process;
pub mod ram;
pub mod rds;
mod spoken;
pub mod ssh;
pub mod station;
pub mod vault;
