//! `pgrep`, `pkill` and `pidwait` over one library.

pub mod ere;

#[allow(unsafe_code)]
mod sys;
