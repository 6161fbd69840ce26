//! The victim's side. Every test executable is also its victim: started again with [`MARK`] in its
//! environment, it plays the part that it reads from standard input and never reaches the test harness.
//! So there is no helper program to build, to find or to install by accident.
#![allow(unsafe_code)] // a constructor before `main`, and signal handlers

use std::ffi::CString;
use std::io::{Read, Write};
use std::str::FromStr;

use rustix::process::{DumpableBehavior, Gid, Uid};

/// The environment variable that turns a test executable into a victim.
pub const MARK: &str = "PKILL_TEST_VICTIM";

/// One message to the test: a signal that arrived (number, `si_code`, `si_value`), or [`READY`].
pub type Record = [i32; 3];

/// The setup is complete, or a question was read.
pub const READY: Record = [0, 0, 0];

#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = before_main;

extern "C" fn before_main() {
    if std::env::var_os(MARK).is_some() {
        act();
        std::process::exit(0);
    }
}

/// Reads the part up to an empty line, plays it, reports that, then answers each byte with [`READY`], until
/// standard input ends: a victim does not outlive its test.
fn act() {
    for signal in 1..=64 {
        disposition(signal, libc::SIG_DFL); // a test run under nohup inherits an ignored SIGHUP
    }
    disposition(libc::SIGPIPE, libc::SIG_IGN);
    let mut threads = Vec::new();
    let mut stand_in: Option<(String, Vec<i32>)> = None;
    loop {
        let line = read_line();
        let mut words = line.split(' ');
        let key = words.next().unwrap_or_default();
        let values: Vec<&str> = words.collect();
        match key {
            "" => break,
            "comm" => set_name(values[0]),
            "thread" => threads.push(values[0].to_owned()),
            "main" => {
                stand_in = Some((values[0].to_owned(), values[1..].iter().map(|n| number(n)).collect()))
            }
            "userns" => own_user_namespace(number(values[0]), number(values[1])),
            "catch" => disposition(number(values[0]), record as *const () as libc::sighandler_t),
            "ignore" => disposition(number(values[0]), libc::SIG_IGN),
            "block" => block(&[number(values[0])]),
            "session" => drop(rustix::process::setsid().expect("setsid")),
            "group" => rustix::process::setpgid(None, None).expect("setpgid"),
            "terminal" => take_terminal(values[0]),
            "groups" => {
                let groups: Vec<Gid> = values.iter().map(|id| Gid::from_raw(number(id))).collect();
                rustix::thread::set_thread_groups(&groups).expect("setgroups");
            }
            "gids" => {
                let [r, e, s] = [0, 1, 2].map(|i| Gid::from_raw(number(values[i])));
                rustix::thread::set_thread_res_gid(r, e, s).expect("setresgid");
            }
            "uids" => {
                let [r, e, s] = [0, 1, 2].map(|i| Uid::from_raw(number(values[i])));
                rustix::thread::set_thread_res_uid(r, e, s).expect("setresuid");
            }
            "unshare" => values.iter().for_each(|kind| {
                let flag = match *kind {
                    "ipc" => libc::CLONE_NEWIPC,
                    "mnt" => libc::CLONE_NEWNS,
                    "net" => libc::CLONE_NEWNET,
                    "uts" => libc::CLONE_NEWUTS,
                    _ => panic!("no such namespace: {kind}"),
                };
                // SAFETY: no memory is involved, and descriptors stay shared.
                assert_eq!(unsafe { libc::unshare(flag) }, 0, "unshare {kind}");
            }),
            // A change of ids makes a process non-dumpable, and its files in /proc root's: prctl(2).
            "dumpable" => {
                rustix::process::set_dumpable_behavior(DumpableBehavior::Dumpable).expect("prctl");
            }
            "no-arguments" => empty_arguments(),
            "nul-arguments" => overwrite_arguments(),
            _ => panic!("no such part: {line}"),
        }
    }
    start_threads(threads);
    if let Some((what, blocked)) = stand_in {
        std::thread::spawn(move || {
            mask(libc::SIG_SETMASK, &blocked);
            answer();
            std::process::exit(0);
        });
        if what == "ends" {
            // SAFETY: exit(2), not exit(3): only this thread ends, and nothing on its stack is borrowed.
            unsafe { libc::syscall(libc::SYS_exit, 0) };
        }
        loop {
            std::thread::park();
        }
    }
    answer();
}

fn answer() {
    tell(READY);
    let mut byte = [0];
    while std::io::stdin().read_exact(&mut byte).is_ok() {
        tell(READY);
    }
}

/// A new user namespace that belongs to `owner` and has the UIDs and GIDs of this one, except that `root` here is UID 0
/// there, and 0 here is `root`.
fn own_user_namespace(owner: u32, root: u32) {
    let all_ids = String::from("0 0 4294967295");
    let uids = match root {
        0 => all_ids.clone(),
        root => {
            let (above, rest) = (root + 1, u32::MAX - root - 1);
            let between = if root > 1 { format!("1 1 {}\n", root - 1) } else { String::new() };
            format!("0 {root} 1\n{root} 0 1\n{between}{above} {above} {rest}")
        }
    };
    let (mut wait, mut go) = std::io::pipe().expect("a pipe");
    let child = format!("/proc/{}", std::process::id());
    // Only root in the outer namespace may write a map of all IDs.
    // SAFETY: there is one thread, so the child may call any function.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        drop(go);
        let _ = wait.read(&mut [0]);
        for (name, map) in [("uid_map", uids), ("gid_map", all_ids)] {
            std::fs::write(format!("{child}/{name}"), map).expect("write the map");
        }
        // SAFETY: the child has nothing more to do.
        unsafe { libc::_exit(0) };
    }
    rustix::thread::set_thread_res_uid(Uid::ROOT, Uid::from_raw(owner), Uid::ROOT).expect("setresuid");
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUSER).expect("a user namespace");
    go.write_all(b"!").expect("write");
    let mut status = 0;
    // SAFETY: the kernel writes an int to the pointer.
    assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid, "waitpid");
    assert_eq!(status, 0, "the maps of the user namespace");
}

/// The arguments end where they begin (PR_SET_MM_MAP, PR_SET_MM(2const)); nothing else changes.
fn empty_arguments() {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("stat");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_ascii_whitespace().collect();
    let field = |number: usize| self::number::<u64>(fields[number - 3]);
    // SAFETY: sbrk(0) only returns the current break.
    let end_of_heap = unsafe { libc::sbrk(0) } as u64;
    let (code, data) = ([field(26), field(27)], [field(45), field(46)]);
    let (heap, stack) = ([field(47), end_of_heap], field(28));
    let (arguments, environment) = ([field(48), field(48)], [field(50), field(51)]);
    // struct prctl_mm_map (linux/prctl.h); no other auxiliary vector and no other executable.
    let auxiliary = [0, (u64::from(u32::MAX) << 32).to_le()];
    let map = [&code[..], &data, &heap, &[stack], &arguments, &environment, &auxiliary].concat();
    let size = std::mem::size_of_val(&map[..]) as u64;
    // SAFETY: the kernel reads as much as the size says; nothing of this process reads its arguments any more.
    let result =
        unsafe { libc::prctl(libc::PR_SET_MM, libc::PR_SET_MM_MAP as u64, map.as_ptr(), size, 0_u64) };
    assert_eq!(result, 0, "PR_SET_MM: {}", std::io::Error::last_os_error());
}

/// As a program does that changes its title, and makes it empty.
fn overwrite_arguments() {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("stat");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_ascii_whitespace().collect();
    let [start, end] = [48, 49].map(|number: usize| self::number::<usize>(fields[number - 3]));
    // SAFETY: the bytes of the arguments, which are writable, and which nothing reads any more.
    unsafe { std::ptr::write_bytes(std::ptr::with_exposed_provenance_mut::<u8>(start), 0, end - start) };
}

fn number<T: FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("no number: {text}"))
}

fn read_line() -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while std::io::stdin().read_exact(&mut byte).is_ok() && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    String::from_utf8(line).expect("the part is ASCII")
}

fn set_name(hex: &str) {
    let bytes = (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex"));
    let name = CString::new(bytes.collect::<Vec<u8>>()).expect("no NUL in a name");
    rustix::thread::set_name(&name).expect("PR_SET_NAME");
}

fn take_terminal(path: &str) {
    let terminal = std::fs::File::options().read(true).write(true).open(path).expect("terminal");
    rustix::process::ioctl_tiocsctty(&terminal).expect("TIOCSCTTY");
    std::mem::forget(terminal); // stays open, as a shell's terminal does
}

/// Threads with names of their own, with every signal blocked: the main thread receives them all.
fn start_threads(names: Vec<String>) {
    let ready = std::sync::Arc::new(std::sync::Barrier::new(names.len() + 1));
    for name in names {
        let ready = ready.clone();
        std::thread::spawn(move || {
            block(&(1..=64).collect::<Vec<_>>());
            set_name(&name);
            ready.wait();
            loop {
                std::thread::park();
            }
        });
    }
    ready.wait();
}

fn tell(record: Record) {
    let _ = std::io::stderr().write_all(bytes(&record)); // unbuffered; fails only if the test is gone
}

fn bytes(record: &Record) -> &[u8] {
    // SAFETY: three i32 without padding, as long as the borrow.
    unsafe { std::slice::from_raw_parts(record.as_ptr().cast(), size_of::<Record>()) }
}

extern "C" fn record(signal: i32, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid siginfo_t (SA_SIGINFO), and write(2) is async-signal-safe.
    unsafe {
        let record: Record = [signal, (*info).si_code, (*info).si_value().sival_ptr as usize as i32];
        libc::write(2, record.as_ptr().cast(), size_of::<Record>());
    }
}

fn disposition(signal: i32, handler: libc::sighandler_t) {
    // SAFETY: a zeroed sigaction is an empty mask and no flags; SIGKILL and SIGSTOP fail, as they should.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
        libc::sigaction(signal, &action, std::ptr::null_mut());
    }
}

fn block(signals: &[i32]) {
    mask(libc::SIG_BLOCK, signals);
}

fn mask(how: i32, signals: &[i32]) {
    // SAFETY: the set is initialised by sigemptyset.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        signals.iter().for_each(|&signal| {
            libc::sigaddset(&mut set, signal);
        });
        libc::pthread_sigmask(how, &set, std::ptr::null_mut());
    }
}
