//! See pgrep(1).
#![no_main]

pkill::program!(pkill::Program::Pgrep);
