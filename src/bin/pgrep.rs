//! See pgrep(1). Under the name `pkill` or `pidwait`, this executable acts as that program, as in procps-ng. It is
//! pgrep that can be the others: an executable with an unknown name must not send signals.
#![no_main]

pkill::program!(pkill::Program::called);
