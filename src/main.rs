//! The programs: one executable, installed as `pgrep` with the links `pkill` and `pidwait`, as in procps-ng. The name
//! that it is called by decides. It is pgrep that can be the others: an executable with an unknown name must not send
//! signals.
#![no_main]

pkill::program!();
