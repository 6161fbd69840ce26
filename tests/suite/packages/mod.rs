//! What is shipped, built and tried in a root of its own. That takes minutes, so it happens where it is asked for:
//! `cargo test --test suite packages -- --ignored`.

mod debian_package;
mod release;
mod static_file;
