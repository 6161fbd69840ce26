//! Extended regular expressions: compared with glibc, and limits of what patterns can cost.

mod classes;
mod corpus;
mod differences;
mod differential;
mod glibc;
pub mod patterns;
mod traps;
