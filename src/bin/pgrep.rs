//! See pgrep(1). This file is all three programs: called `pkill` or `pidwait`, it is that one, as procps' is. It is
//! pgrep that can be the others, as a program that signals when its name is lost would be the wrong default.
#![no_main]

pkill::program!(pkill::Program::called);
