//! A pretend fleet.
mod agent;
mod agent_words;
mod approle;
mod database;
mod dice;
mod happening;
mod host;
mod kv;
mod pretend;
mod scenario;
mod turns;
