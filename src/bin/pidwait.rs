//! See pidwait(1).
#![no_main]

pkill::program!(pkill::Program::Pidwait);
