//! The built-in runbooks: sound, complete, and true to the documentation; what is wrong with a bad one; how one is shown and
//! exported.

mod access;
mod documentation;
mod faults;
mod printed;
mod scripts;
mod sound;
