//! See pkill(1).
#![no_main]

pkill::program!(|_| pkill::Program::Pkill);
