//! A BPF iterator over all tasks (the kernel's Documentation/bpf/bpf_iterators.rst): a program in the kernel writes PID
//! and name of each into a file that is read like any other. It needs CAP_BPF and CAP_PERFMON, and a kernel with BTF.
#![allow(unsafe_code)] // bpf(2)

use std::io::Read as _;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

/// Commands of bpf(2), and BPF_PROG_TYPE_TRACING and BPF_TRACE_ITER.
const PROG_LOAD: i64 = 5;
const LINK_CREATE: i64 = 28;
const ITER_CREATE: i64 = 33;
const TRACING: u32 = 26;
const TRACE_ITER: u32 = 28;
/// What the program writes of a task: its PID and its name.
const RECORD: usize = 4 + 16;

pub fn names() -> Result<usize, String> {
    let btf = Btf(std::fs::read("/sys/kernel/btf/vmlinux").map_err(|why| format!("BTF: {why}"))?);
    let found = btf.look().ok_or("BTF: not as expected")?;
    let program = program(&found);
    let license = c"GPL";
    let mut load = [0_u8; 120];
    let mut set = |at: usize, bytes: &[u8]| load[at..at + bytes.len()].copy_from_slice(bytes);
    set(0, &TRACING.to_ne_bytes());
    set(4, &(program.len() as u32).to_ne_bytes());
    set(8, &(program.as_ptr() as u64).to_ne_bytes());
    set(16, &(license.as_ptr() as u64).to_ne_bytes());
    set(68, &TRACE_ITER.to_ne_bytes()); // expected_attach_type
    set(108, &found.iterator.to_ne_bytes()); // attach_btf_id
    let program = bpf(PROG_LOAD, &load)?;
    let mut create = [0_u8; 32];
    create[..4].copy_from_slice(&program.as_raw_fd().to_ne_bytes());
    create[8..12].copy_from_slice(&TRACE_ITER.to_ne_bytes());
    let link = bpf(LINK_CREATE, &create)?;
    let mut start = [0_u8; 8];
    start[..4].copy_from_slice(&link.as_raw_fd().to_ne_bytes());
    let mut records = vec![];
    std::fs::File::from(bpf(ITER_CREATE, &start)?)
        .read_to_end(&mut records)
        .map_err(|why| format!("BPF iterator: {why}"))?;
    Ok(records.len() / RECORD)
}

fn bpf(command: i64, attributes: &[u8]) -> Result<OwnedFd, String> {
    loop {
        // SAFETY: the attributes and what they point to live during the call; the descriptor is new and owned here.
        let result = unsafe {
            match libc::syscall(libc::SYS_bpf, command, attributes.as_ptr(), attributes.len()) {
                result @ 0.. => Ok(OwnedFd::from_raw_fd(result as i32)),
                _ => Err(std::io::Error::last_os_error()),
            }
        };
        match result {
            Err(why) if why.kind() == std::io::ErrorKind::WouldBlock => {} // the verifier was interrupted
            result => return result.map_err(|why| format!("bpf({command}): {why}")),
        }
    }
}

/// An instruction: the code, the registers to and from which data goes, an offset and a constant.
fn instruction(code: u8, to: u8, from: u8, offset: i16, constant: i32) -> u64 {
    let registers = u64::from(from << 4 | to);
    u64::from(code) | registers << 8 | u64::from(offset as u16) << 16 | u64::from(constant as u32) << 32
}

/// For each thread group leader: `bpf_seq_write(meta->seq, { task->tgid, task->comm }, RECORD)`.
fn program(found: &Found) -> Vec<u64> {
    const RECORD_AT: i16 = -24;
    const PROBE_READ_KERNEL: i32 = 113;
    const SEQ_WRITE: i32 = 127;
    let load = |to, from, offset| instruction(0x79, to, from, offset, 0);
    let load_word = |to, from, offset| instruction(0x61, to, from, offset, 0);
    let copy = |to, from| instruction(0xbf, to, from, 0, 0);
    let set = |to, constant| instruction(0xb7, to, 0, 0, constant);
    let add = |to, constant| instruction(0x07, to, 0, 0, constant);
    let call = |helper| instruction(0x85, 0, 0, 0, helper);
    vec![
        load(7, 1, 8),                          // task
        instruction(0x15, 7, 0, 17, 0),         // none: the end
        load(8, 1, 0),                          // meta
        load(8, 8, 0),                          // meta->seq
        load_word(1, 7, found.tgid),            //
        load_word(2, 7, found.pid),             //
        instruction(0x5d, 1, 2, 12, 0),         // not the leader
        instruction(0x63, 10, 1, RECORD_AT, 0), // the PID
        copy(1, 10),                            //
        add(1, i32::from(RECORD_AT) + 4),       //
        set(2, 16),                             //
        copy(3, 7),                             //
        add(3, i32::from(found.comm)),          //
        call(PROBE_READ_KERNEL),                // the name
        copy(1, 8),                             //
        copy(2, 10),                            //
        add(2, i32::from(RECORD_AT)),           //
        set(3, RECORD as i32),                  //
        call(SEQ_WRITE),                        //
        set(0, 0),                              //
        instruction(0x95, 0, 0, 0, 0),          // exit
    ]
}

/// The types of the running kernel (the kernel's Documentation/bpf/btf.rst).
struct Btf(Vec<u8>);

/// The ID of the iterator, and offsets in struct task_struct.
#[derive(Default)]
struct Found {
    iterator: u32,
    pid: i16,
    tgid: i16,
    comm: i16,
}

impl Btf {
    fn word(&self, at: usize) -> Option<u32> {
        Some(u32::from_ne_bytes(self.0.get(at..at + 4)?.try_into().ok()?))
    }

    fn look(&self) -> Option<Found> {
        let header = self.word(4)? as usize;
        let types = header + self.word(8)? as usize;
        let end = types + self.word(12)? as usize;
        let strings = header + self.word(16)? as usize;
        let is_named = |at: usize, name: &str| {
            let at = strings + self.word(at).unwrap_or(0) as usize;
            self.0[at..].starts_with(name.as_bytes()) && self.0[at + name.len()] == 0
        };
        let mut found = Found::default();
        let (mut at, mut id) = (types, 1);
        while at < end {
            let info = self.word(at + 4)?;
            let (kind, members) = (info >> 24 & 0x1f, (info & 0xffff) as usize);
            if kind == 12 && is_named(at, "bpf_iter_task") {
                found.iterator = id;
            }
            if kind == 4 && is_named(at, "task_struct") {
                for member in (0..members).map(|index| at + 12 + 12 * index) {
                    let offset = ((self.word(member + 8)? & 0xff_ffff) / 8) as i16;
                    for (name, of) in
                        [("pid", &mut found.pid), ("tgid", &mut found.tgid), ("comm", &mut found.comm)]
                    {
                        if is_named(member, name) {
                            *of = offset;
                        }
                    }
                }
            }
            at += 12
                + match kind {
                    1 | 14 | 17 => 4,
                    3 => 12,
                    4 | 5 | 15 | 19 => 12 * members,
                    6 | 13 => 8 * members,
                    _ => 0,
                };
            id += 1;
        }
        (found.iterator != 0 && found.comm != 0).then_some(found)
    }
}
