//! Extended regular expressions: what glibc answers to the same questions, and what patterns must not do.

mod classes;
mod corpus;
mod differences;
mod differential;
mod glibc;
mod patterns;
mod traps;
