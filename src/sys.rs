//! System and C library calls that no crate wraps: the only `unsafe` code of the package.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{CStr, OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::OnceLock;

use rustix::io::Errno;

/// Whether the user's locale (`LC_ALL`, `LC_CTYPE`, `LANG`, in this order) encodes text in UTF-8.
///
/// Asks the C library, if it is the system's, as a locale that is named but not installed means the C locale. It looks
/// the locale up with newlocale(3) rather than setlocale(3), which finds the same one and fails the same
/// way, but changes nothing that another thread may be reading.
pub(crate) fn locale_is_utf8() -> bool {
    // It is asked for every name beyond ASCII that is printed, and each answer takes reading the locale's files.
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(ask_for_locale)
}

/// A static program may find no locales where it runs, or those of another C library: it goes by the name.
#[cfg(target_feature = "crt-static")]
fn ask_for_locale() -> bool {
    let set = |name| std::env::var(name).ok().filter(|locale| !locale.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
    // language_territory.codeset@modifier (setlocale(3))
    let codeset =
        locale.split('@').next().and_then(|name| name.split_once('.')).map_or("", |(_, codeset)| codeset);
    ["UTF-8", "UTF8"].iter().any(|name| codeset.eq_ignore_ascii_case(name))
}

#[cfg(not(target_feature = "crt-static"))]
fn ask_for_locale() -> bool {
    // SAFETY: the name is a C string, and a null base is what newlocale(3) asks for to make a new object.
    let locale = unsafe { libc::newlocale(libc::LC_CTYPE_MASK, c"".as_ptr(), std::ptr::null_mut()) };
    if locale.is_null() {
        return false;
    }
    // SAFETY: the object is valid, and the string, which belongs to it, is read before it is freed.
    unsafe {
        let codeset = CStr::from_ptr(libc::nl_langinfo_l(libc::CODESET, locale)).to_bytes();
        let utf8 = codeset.eq_ignore_ascii_case(b"UTF-8");
        libc::freelocale(locale);
        utf8
    }
}

/// To whom a signal goes that is sent through a pidfd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// To the process.
    Process,
    /// To the process group that has its ID: `PIDFD_SIGNAL_PROCESS_GROUP`, Linux 6.9. EINVAL before.
    Group,
}

/// Send a signal through a pidfd (pidfd_send_signal(2), Linux 5.1), with an integer as sigqueue(3) does.
pub(crate) fn pidfd_send_signal(
    pidfd: BorrowedFd<'_>,
    signal: i32,
    value: Option<i32>,
    scope: Scope,
) -> Result<(), Errno> {
    const PIDFD_SIGNAL_PROCESS_GROUP: u32 = 1 << 2; // linux/pidfd.h
    let flags = match scope {
        Scope::Process => 0,
        Scope::Group => PIDFD_SIGNAL_PROCESS_GROUP,
    };
    let info = value.map(|value| queued(signal, value));
    let info = info.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the descriptor is open, and the kernel reads a siginfo_t from the pointer, or nothing from a null one.
    check(unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, info, flags) })
}

/// What rt_sigqueueinfo(2) wants to be told: the kernel takes it as it is from a sender who is not itself.
fn queued(signal: i32, value: i32) -> libc::siginfo_t {
    /// The start of the kernel's siginfo_t, in its variant for queued signals (asm-generic/siginfo.h).
    #[repr(C)]
    struct Queued {
        signo: libc::c_int,
        errno: libc::c_int,
        code: libc::c_int,
        /// The union behind it is aligned like a pointer.
        fields: Fields,
    }
    #[repr(C)]
    struct Fields {
        pid: libc::pid_t,
        uid: libc::uid_t,
        value: Value,
    }
    #[repr(C)]
    union Value {
        int: libc::c_int,
        _pointer: *mut libc::c_void,
    }
    // SAFETY: siginfo_t is plain data for which all zeros is a valid value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let fields = Fields {
        pid: std::process::id() as libc::pid_t,
        uid: rustix::process::getuid().as_raw(),
        value: Value { int: value },
    };
    let queued = Queued { signo: signal, errno: 0, code: libc::SI_QUEUE, fields };
    const { assert!(size_of::<Queued>() <= size_of::<libc::siginfo_t>()) };
    const { assert!(align_of::<Queued>() <= align_of::<libc::siginfo_t>()) };
    // SAFETY: `Queued` has the layout of the beginning of siginfo_t and fits into it.
    unsafe { std::ptr::from_mut(&mut info).cast::<Queued>().write(queued) };
    info
}

/// Free the memory of a dying process (process_mrelease(2), Linux 5.15).
pub(crate) fn process_mrelease(pidfd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: the descriptor is open; no memory of ours is involved.
    check(unsafe { libc::syscall(libc::SYS_process_mrelease, pidfd.as_raw_fd(), 0u32) })
}

/// What the kernel tells about the process of a pidfd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PidfdInfo {
    /// 0 if it is outside of our PID namespace.
    pub parent: i32,
    pub real_uid: u32,
    pub real_gid: u32,
}

/// `PIDFD_GET_INFO` (Linux 6.13). ENOTTY where the kernel does not know it, ESRCH if the process is gone.
pub(crate) fn pidfd_info(pidfd: impl AsFd) -> Result<PidfdInfo, Errno> {
    /// `PIDFD_INFO_PID | PIDFD_INFO_CREDS`
    const PID_AND_CREDS: u64 = 0b11;
    let raw = get_info(pidfd.as_fd(), PID_AND_CREDS)?;
    Ok(PidfdInfo { parent: raw.ppid as i32, real_uid: raw.ruid, real_gid: raw.rgid })
}

/// The wait status (waitpid(2)) of a process that has ended and was reaped (`PIDFD_INFO_EXIT`, Linux 6.15). ESRCH if it
/// was not yet.
pub(crate) fn pidfd_wait_status(pidfd: impl AsFd) -> Result<i32, Errno> {
    const EXIT: u64 = 0b1000;
    get_info(pidfd.as_fd(), EXIT).map(|raw| raw.exit_code)
}

/// The kernel's `struct pidfd_info` as it was at first (linux/pidfd.h); it takes and fills any size from this on.
#[repr(C)]
#[derive(Default)]
struct RawPidfdInfo {
    mask: u64,
    cgroupid: u64,
    pid: u32,
    tgid: u32,
    ppid: u32,
    ruid: u32,
    rgid: u32,
    euid: u32,
    egid: u32,
    suid: u32,
    sgid: u32,
    fsuid: u32,
    fsgid: u32,
    exit_code: i32,
}

/// ESRCH where the kernel does not tell all that is asked for.
fn get_info(pidfd: BorrowedFd<'_>, mask: u64) -> Result<RawPidfdInfo, Errno> {
    /// `_IOWR(0xFF, 11, struct pidfd_info)`
    const PIDFD_GET_INFO: libc::Ioctl = libc::_IOWR::<RawPidfdInfo>(0xff, 11);
    let mut raw = RawPidfdInfo { mask, ..RawPidfdInfo::default() };
    // SAFETY: the descriptor is open; the kernel fills in a structure of the size that is part of the request.
    check(unsafe { libc::ioctl(pidfd.as_raw_fd(), PIDFD_GET_INFO, &raw mut raw) }.into())?;
    if raw.mask & mask == mask { Ok(raw) } else { Err(Errno::SRCH) }
}

fn check(result: libc::c_long) -> Result<(), Errno> {
    if result == -1 {
        Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO))
    } else {
        Ok(())
    }
}

/// The three programs' `main`, in place of the one that Rust's runtime brings: that one reopens closed standard
/// descriptors on /dev/null, so that printing to a closed standard output would look like success.
#[macro_export]
macro_rules! program {
    ($called:expr) => {
        #[global_allocator]
        static ALLOCATOR: $crate::sys::Allocator = $crate::sys::Allocator { status: $crate::OUT_OF_MEMORY };

        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        extern "C" fn main(argc: std::ffi::c_int, argv: *const *const std::ffi::c_char) -> std::ffi::c_int {
            // SAFETY: these are the arguments that the C library passes to main.
            let (name, args) = unsafe { $crate::sys::start(argc, argv) };
            $crate::run($called(&name), args).code()
        }
    };
}

/// The start of each program: the name that it is called by, which may be missing, and its arguments.
///
/// # Safety
///
/// `argv` must point to `argc` C strings, as it does in `main`, and no other thread may run.
pub unsafe fn start(argc: i32, argv: *const *const libc::c_char) -> (OsString, Vec<OsString>) {
    reserve_standard_descriptors();
    // SAFETY: a disposition is set before any thread is started. Writing to a closed pipe must not end pkill
    // before it has signalled everybody; EPIPE is dealt with where it is met.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    let argument = |at| {
        // SAFETY: `at` is below `argc`.
        let text = unsafe { CStr::from_ptr(*argv.add(at)) };
        OsStr::from_bytes(text.to_bytes()).to_owned()
    };
    let mut all = (0..argc as usize).map(argument);
    (all.next().unwrap_or_default(), all.collect())
}

/// Put something that can be neither read nor written in the place of each closed standard descriptor, so that no
/// file which is opened later gets its number, and using it fails as it should (EBADF).
fn reserve_standard_descriptors() {
    for fd in 0..=2 {
        // SAFETY: these calls touch no memory of ours; open(2) returns the lowest free number, which is `fd`.
        unsafe {
            if libc::fcntl(fd, libc::F_GETFD) == -1 {
                libc::open(c"/".as_ptr(), libc::O_PATH);
            }
        }
    }
}

/// The system's allocator, which ends the program with the status that the manual promises when memory runs out.
pub struct Allocator {
    /// That status.
    pub status: i32,
}

impl Allocator {
    fn or_end(&self, block: *mut u8) -> *mut u8 {
        if block.is_null() {
            let _ = rustix::io::write(rustix::stdio::stderr(), b"out of memory\n");
            // SAFETY: nothing has to be cleaned up, and running exit handlers may need memory.
            unsafe { libc::_exit(self.status) }
        }
        block
    }
}

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps GlobalAlloc's contract.
        self.or_end(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        self.or_end(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        self.or_end(unsafe { System.realloc(block, layout, size) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

/// The parent of a user or PID namespace (`NS_GET_PARENT`, ioctl_nsfs(2), Linux 4.9). EPERM if that is out of our
/// scope.
pub(crate) fn parent_namespace(namespace: &OwnedFd) -> Result<OwnedFd, Errno> {
    const NS_GET_PARENT: libc::c_ulong = 0xb702; // _IO(0xb7, 0x2), linux/nsfs.h
    // SAFETY: this ioctl takes no argument and returns a new descriptor, which is ours alone.
    unsafe {
        let fd = libc::ioctl(namespace.as_raw_fd(), NS_GET_PARENT as _);
        check(fd.into())?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// The UID that owns a user namespace (`NS_GET_OWNER_UID`, ioctl_nsfs(2), Linux 4.11).
pub(crate) fn namespace_owner(namespace: &OwnedFd) -> Result<u32, Errno> {
    const NS_GET_OWNER_UID: libc::c_ulong = 0xb704; // _IO(0xb7, 0x4), linux/nsfs.h
    let mut uid: libc::uid_t = 0;
    // SAFETY: the kernel writes a uid_t to the pointer.
    let result = unsafe { libc::ioctl(namespace.as_raw_fd(), NS_GET_OWNER_UID as _, &mut uid) };
    check(result.into()).map(|()| uid)
}

/// kill(2) or rt_sigqueueinfo(2), by process ID, or kill(2) by that of a process group, negated: only for where no
/// handle can be had. `last_look` is the last thing that happens before it, with no system call in between.
pub(crate) fn signal_by_id(
    pid: i32,
    signal: i32,
    value: Option<i32>,
    last_look: impl FnOnce() -> Result<(), Errno>,
) -> Result<(), Errno> {
    let info = value.map(|value| queued(signal, value));
    last_look()?;
    check(match &info {
        // SAFETY: no memory is involved.
        None => unsafe { libc::kill(pid, signal) }.into(),
        // SAFETY: the kernel reads a siginfo_t from the pointer.
        Some(info) => unsafe { libc::syscall(libc::SYS_rt_sigqueueinfo, pid, signal, info) },
    })
}

// The unwinder serves the backtrace of a panic. As a part of the program it costs nothing; as a library of its own
// (libgcc_s.so) it would be looked for, mapped and linked at every start.
#[cfg(target_env = "gnu")]
#[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
unsafe extern "C" {}
