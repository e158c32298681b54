//! The engine over a small outside that it can change: what is written down before the act, what a crash at any point leaves,
//! and who may carry a run.

mod crash;
mod journalled;
mod outside;
mod waiting;
