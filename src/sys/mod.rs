//! System and C library calls that no crate wraps, and all of the package's `unsafe` code.

pub(crate) mod emergency;
mod limits;
mod locale;
mod namespace;
mod pidfd;
mod secure;
#[cfg(not(target_feature = "crt-static"))]
mod service;
mod signal;
mod start;

use rustix::io::Errno;

pub(crate) use limits::{has_few_descriptors, raise_descriptor_limit, raise_priority};
pub(crate) use locale::locale_is_utf8;
pub(crate) use namespace::{namespace_owner, parent_namespace};
pub(crate) use pidfd::{
    PidfdInfo, Scope, pidfd_info, pidfd_send_signal, pidfd_wait_status, process_mrelease,
};
pub(crate) use secure::{has_privileges_beyond_the_user, is_secure_execution};
#[cfg(not(target_feature = "crt-static"))]
pub(crate) use service::{Transport, service_name, service_port};
pub(crate) use signal::{ignore_file_size_limit, ignore_interrupts, signal_by_id};
pub use start::{Allocator, start};

/// The error of a system call that has returned -1, from errno(3).
fn check(result: libc::c_long) -> Result<(), Errno> {
    if result == -1 {
        Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO))
    } else {
        Ok(())
    }
}

// The unwinder is needed for the backtrace of a panic only. Linked statically it costs nothing; as a shared library
// (libgcc_s.so) the dynamic linker would search, map and relocate it at every start.
#[cfg(target_env = "gnu")]
#[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
unsafe extern "C" {}
