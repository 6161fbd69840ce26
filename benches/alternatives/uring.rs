//! io_uring(7): open, read and close as a chain of three requests, with many chains a system call.
#![allow(unsafe_code)] // the kernel writes to the buffers while this program goes on

use std::fs::File;
use std::os::fd::AsRawFd as _;

use io_uring::squeue::Flags;
use io_uring::{IoUring, opcode, types};

const AT_ONCE: usize = 64;

pub fn names() -> Result<usize, String> {
    let failed = |error: std::io::Error| format!("io_uring: {error}");
    let proc = File::open("/proc").map_err(failed)?;
    let mut ring = IoUring::new(4 * AT_ONCE as u32).map_err(failed)?;
    ring.submitter().register_files_sparse(AT_ONCE as u32).map_err(failed)?;
    let mut read = 0;
    let mut names = [[0_u8; 64]; AT_ONCE];
    for pids in super::pids().chunks(AT_ONCE) {
        let paths: Vec<_> = pids.iter().map(|pid| [pid, b"/comm\0".as_slice()].concat()).collect();
        for ((slot, path), name) in (0..).zip(&paths).zip(&mut names) {
            let into = types::DestinationSlot::try_from_slot_target(slot).expect("a slot");
            let open = opcode::OpenAt::new(types::Fd(proc.as_raw_fd()), path.as_ptr().cast())
                .file_index(Some(into))
                .build()
                .flags(Flags::IO_LINK);
            let fill = opcode::Read::new(types::Fixed(slot), name.as_mut_ptr(), name.len() as u32)
                .build()
                .flags(Flags::IO_HARDLINK) // a short read would break the chain
                .user_data(1);
            let close = opcode::Close::new(types::Fixed(slot)).build();
            // SAFETY: the paths and the buffers live until all have been answered, below.
            unsafe { ring.submission().push_multiple(&[open, fill, close]) }.expect("room for all");
        }
        ring.submit_and_wait(3 * pids.len()).map_err(failed)?;
        read += ring.completion().filter(|answer| answer.user_data() == 1 && answer.result() > 0).count();
    }
    Ok(read)
}
