//! The one integration test binary: each area of the house is a module here.

#[cfg(test)]
mod acting;

#[cfg(test)]
mod architecture;

#[cfg(test)]
mod aws;

#[cfg(test)]
mod children;

#[cfg(test)]
mod console;

#[cfg(test)]
mod demo;

#[cfg(test)]
mod engine;

#[cfg(test)]
mod explain;

#[cfg(test)]
mod headless;

#[cfg(test)]
mod hosts;

#[cfg(test)]
mod judgement;

#[cfg(test)]
mod log_levels;

#[cfg(test)]
mod orders;

#[cfg(test)]
mod packaging;

#[cfg(test)]
mod postgres;

#[cfg(test)]
#[path = "bench/pty.rs"]
mod pty;

#[cfg(test)]
mod real;

#[cfg(test)]
mod runbooks;

#[cfg(test)]
mod runs;

#[cfg(test)]
mod schemas;

#[cfg(test)]
mod screens;

#[cfg(test)]
mod vault;
