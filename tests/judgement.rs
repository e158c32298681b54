//! What follows from facts: rules, cells, clocks. Every test begins with the same healthy evening and breaks one thing.

mod cells;
mod clocks;
mod conditions;
pub mod evening;
mod laws;
mod pretended;
mod rules;
mod rules_by_name;
mod versions;
