//! The packages, built and tried in a root of their own. That takes minutes, so it runs on request:
//! `cargo test --test suite packages -- --ignored`.

mod debian_package;
mod hardening;
mod program_alone;
mod static_file;
