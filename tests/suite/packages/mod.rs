//! The packages, built and tried in a root of their own. That takes minutes, so most of it runs on request:
//! `cargo test --test suite packages -- --ignored`.

mod debian_package;
mod hardening;
mod program_alone;
mod recipes;
mod static_file;
