//! The start of the programs, and their exit when memory runs out.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{CStr, OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::emergency;

/// The `main` of the programs, instead of that of Rust's runtime, which opens /dev/null for closed standard
/// descriptors, so that printing to a closed standard output would look like success.
#[macro_export]
macro_rules! program {
    () => {
        #[global_allocator]
        static ALLOCATOR: $crate::sys::Allocator = $crate::sys::Allocator { status: $crate::OUT_OF_MEMORY };

        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        extern "C" fn main(argc: std::ffi::c_int, argv: *const *const std::ffi::c_char) -> std::ffi::c_int {
            // SAFETY: these are the arguments that the C library passes to main.
            let (name, args) = unsafe { $crate::sys::start(argc, argv) };
            $crate::run($crate::Program::called(&name), &name, args).code()
        }
    };
}

/// The start of each program: returns the name that it was called by, which may be empty, and its arguments.
///
/// # Safety
///
/// `argv` must point to `argc` C strings, as it does in `main`, and no other thread may run.
pub unsafe fn start(argc: i32, argv: *const *const libc::c_char) -> (OsString, Vec<OsString>) {
    reserve_standard_descriptors();
    // SAFETY: a disposition is set before any thread is started. Writing to a closed pipe must not terminate pkill
    // before it has signalled every target; EPIPE is handled where it is met.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    let argument = |at| {
        // SAFETY: `at` is below `argc`.
        let text = unsafe { CStr::from_ptr(*argv.add(at)) };
        OsStr::from_bytes(text.to_bytes()).to_owned()
    };
    let mut all = (0..argc as usize).map(argument);
    (all.next().unwrap_or_default(), all.collect())
}

/// Open a descriptor that can be neither read nor written in place of each closed standard descriptor: no file that is
/// opened later gets its number, and using it fails as it should (EBADF).
fn reserve_standard_descriptors() {
    for fd in 0..=2 {
        // SAFETY: these calls touch no memory of this process; open(2) returns the lowest free number, which is `fd`.
        unsafe {
            if libc::fcntl(fd, libc::F_GETFD) == -1 {
                libc::open(c"/".as_ptr(), libc::O_PATH);
            }
        }
    }
}

/// The system's allocator; when memory runs out, it exits with the documented status.
pub struct Allocator {
    /// That status.
    pub status: i32,
}

impl Allocator {
    fn or_exit(&self, block: *mut u8) -> *mut u8 {
        if block.is_null() {
            emergency::continue_all();
            let _ = rustix::io::write(rustix::stdio::stderr(), b"out of memory\n");
            // SAFETY: nothing else needs cleaning up, and running exit handlers may need memory.
            unsafe { libc::_exit(self.status) }
        }
        block
    }
}

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps GlobalAlloc's contract.
        self.or_exit(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        self.or_exit(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        self.or_exit(unsafe { System.realloc(block, layout, size) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}
