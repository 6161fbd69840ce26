//! The integration tests, in one executable: to link one takes seconds, to link fifty takes minutes.
//!
//! `cargo test --test suite pattern::` runs one subject. [`support`] has what the tests share.

mod support;

// Which processes match.
mod age;
mod awkward;
mod criteria;
mod displayed;
mod dispositions;
mod exclude;
mod family;
mod files;
mod group;
mod identifiers;
mod identity;
mod inverse;
mod main_thread;
mod names;
mod pattern;
mod permission;
mod pidfile;
mod place;
mod port;
mod resources;
mod script;
mod stdin;

// What is done to them.
mod choose;
mod delivery;
mod freeze;
mod pidwait;
mod pkill;
mod race;
mod reappear;
mod recheck;
mod signal;
mod supervised;
mod tokens;
mod wait;

// Input and output.
mod advice;
mod columns;
mod complete;
mod completions;
mod explain;
mod json;
mod log;
mod output;
mod parsing;
mod preview;
mod report;
mod untrusted;

// Daily use, and few resources.
mod caller;
mod costs;
mod cron;
mod everyday;
mod faults;
mod fork_bomb;
mod growth;
mod limits;
mod rsyslog;
mod seccomp;
mod sudo;
mod summary;
mod syscalls;

// Patterns, compared with glibc.
mod ere;

// The library for other programs.
mod library;

// The source, the documents and what is installed.
mod architecture;
mod compatibility;
mod generate;
mod install;
mod man;
mod packages;
mod readme;
mod support_itself;
mod words;
