//! `pgrep`, `pkill` and `pidwait` over one library.

pub mod ere;
