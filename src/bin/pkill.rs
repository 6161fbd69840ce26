//! See pkill(1).
#![no_main]

pkill::program!(pkill::Program::Pkill);
