//! The facts about a process ([`Facts`]), read from its files and by system calls.

use std::sync::Arc;
use std::time::Instant;

use nix::unistd;
use rustix::fs::{self, AtFlags};
use rustix::io::Errno;
use rustix::param::page_size;

use super::{Ancestors, LARGE, LikeThis, MEMORY_FACTOR, MEMORY_TIME, NAME_MAX, Process, Text, not_empty};
use crate::display::is_plain;
use crate::proc::lineage::{self};
use crate::proc::{Facts, FileId, HeldSocket, Link, Lookup, LookupError, ProcessText, base_name};
use crate::request::{Namespace, Pid};

impl Process<'_> {
    /// Its ancestors up to this one, nearest first, or all of them if it is none. Each link is read twice.
    pub(crate) fn ancestors_up_to(&mut self, last: Pid) -> Lookup<Vec<Pid>> {
        let (pid, parent) = (self.thread_group, Facts::parent(self)?);
        let Ancestors { lineage, process, .. } = self.ancestors();
        let (mut chain, _) = lineage.walk_up(process, pid, parent, |_, pid| pid == last)?;
        Ok(chain.split_off(1))
    }
}

impl Facts for Process<'_> {
    fn pid(&self) -> Pid {
        self.pid
    }

    fn thread_group(&self) -> Pid {
        self.thread_group
    }

    fn session(&mut self) -> Lookup<Pid> {
        self.by_syscall(unistd::getsid, |stat| stat.session)
    }

    fn process_group(&mut self) -> Lookup<Pid> {
        self.by_syscall(unistd::getpgid, |stat| stat.process_group)
    }

    fn effective_uid(&mut self) -> Lookup<u32> {
        if let Some(owner) = self.owner {
            return Ok(owner);
        }
        let base = self.proc;
        let owner = fs::statat(base.base(), self.file(""), AtFlags::empty())?.st_uid;
        self.owner = Some(owner);
        Ok(owner)
    }

    fn real_uid(&mut self) -> Lookup<u32> {
        Ok(match self.info()? {
            Some(info) => info.real_uid,
            None => self.status()?.real_uid,
        })
    }

    fn real_gid(&mut self) -> Lookup<u32> {
        Ok(match self.info()? {
            Some(info) => info.real_gid,
            None => self.status()?.real_gid,
        })
    }

    fn caught_signals(&mut self) -> Lookup<u64> {
        Ok(self.status()?.caught)
    }

    fn parent(&mut self) -> Lookup<Pid> {
        if let Some(stat) = self.stat {
            return Ok(stat.parent);
        }
        Ok(match self.info()? {
            Some(info) => info.parent,
            None => self.stat()?.parent,
        })
    }

    fn ancestor_among(&mut self, wanted: &Arc<[Pid]>) -> Lookup<Option<Pid>> {
        let (pid, parent) = (self.thread_group, Facts::parent(self)?);
        let Ancestors { lineage, process, .. } = self.ancestors();
        lineage.nearest(process, wanted, pid, parent)
    }

    fn has_ancestor<E: From<LookupError>>(
        &mut self,
        mut is_like_this: impl FnMut(&mut Self) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let (pid, parent) = (self.thread_group, Facts::parent(self)?);
        let once = self.remembers_parents;
        let Ancestors { lineage, process, like_this, until } = self.ancestors();
        let began = Instant::now();
        if !once && until.is_none_or(|until| began >= until) {
            like_this.clear();
        }
        let is_fresh = like_this.is_empty();
        let (chain, start_times) =
            lineage.walk_up(process, pid, parent, |process, pid| match like_this.get(&pid) {
                Some(known) => once || lineage::Parents::started_at(process, pid, known.start_time),
                None => false,
            })?;
        let known = chain.last().and_then(|last| like_this.get(last)).map(|known| known.answer);
        // The last one is 0 or known.
        let unknown = &chain[1..chain.len() - 1];
        let mut found = None;
        for (at, &pid) in unknown.iter().enumerate() {
            process.select(pid);
            if is_like_this(process)? {
                found = Some(at);
                break;
            }
        }
        let answer = found.is_some() || known == Some(true);
        // Where one is found, those above it are examined when they are asked for.
        let examined = found.map_or(unknown, |at| &unknown[..=at]);
        let start_times = start_times.into_iter().skip(1).chain(std::iter::repeat(0));
        for (&pid, start_time) in examined.iter().zip(start_times) {
            like_this.insert(pid, LikeThis { answer, start_time });
        }
        if is_fresh {
            *until = Some(Instant::now() + MEMORY_TIME.max(MEMORY_FACTOR * began.elapsed()));
        }
        Ok(answer)
    }

    fn terminal(&mut self) -> Lookup<u32> {
        Ok(self.stat()?.terminal)
    }

    fn state(&mut self) -> Lookup<u8> {
        Ok(self.stat()?.state)
    }

    fn has_ended(&mut self) -> Lookup<bool> {
        Ok(self.stat()?.has_ended())
    }

    fn is_kernel_thread(&mut self) -> Lookup<bool> {
        Ok(self.stat()?.is_kernel_thread())
    }

    fn cpu_time(&mut self) -> Lookup<u64> {
        Ok(self.stat()?.cpu_time)
    }

    fn resident_memory(&mut self) -> Lookup<u64> {
        let pages = match self.resident_pages()? {
            0 => self
                .of_another_thread(|thread| Ok(Some(thread.resident_pages()?).filter(|&pages| pages > 0)))?,
            pages => Some(pages),
        };
        Ok(pages.unwrap_or(0).saturating_mul(page_size() as u64))
    }

    fn executable(&mut self) -> Lookup<Option<&Link>> {
        if self.executable.is_none() {
            self.executable = Some(self.link("exe")?);
        }
        Ok(self.executable.as_ref().and_then(Option::as_ref))
    }

    fn executable_file(&mut self) -> Lookup<Option<FileId>> {
        self.linked_file("exe")
    }

    fn working_directory(&mut self) -> Lookup<Option<Link>> {
        self.link("cwd")
    }

    fn scripts(&mut self) -> Lookup<Vec<Vec<u8>>> {
        self.find_scripts()
    }

    fn start_time(&mut self) -> Lookup<u64> {
        Ok(self.stat()?.start_time)
    }

    fn name(&mut self) -> Lookup<&[u8]> {
        self.text("comm", |p| &mut p.name)?;
        let bytes = &self.name.bytes;
        Ok(bytes.strip_suffix(b"\n").unwrap_or(bytes))
    }

    fn full_name(&mut self) -> Lookup<Option<&[u8]>> {
        if !self.full_name.known {
            let mut full = std::mem::take(&mut self.full_name.bytes);
            full.clear();
            let name = self.name()?.to_vec();
            if name.len() == NAME_MAX {
                let argv0 = self.arguments()?.split(|&b| b == 0).next().unwrap_or_default();
                if longer(base_name(argv0), &name) {
                    full.extend_from_slice(base_name(argv0));
                } else {
                    let target = match self.read_link("exe") {
                        Ok(target) => target,
                        // Refused (other users' processes), absent (kernel threads), or too long for any answer.
                        Err(errno) if LookupError::from(errno) == LookupError::Gone => vec![],
                        Err(Errno::NAMETOOLONG) => vec![],
                        Err(errno) => return Err(errno.into()),
                    };
                    let target = base_name(target.strip_suffix(b" (deleted)").unwrap_or(&target));
                    if longer(target, &name) {
                        full.extend_from_slice(target);
                    }
                }
            }
            self.full_name = Text { known: true, bytes: full };
        }
        let bytes = &self.full_name.bytes;
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    fn command_line(&mut self) -> Lookup<&[u8]> {
        if !self.command_line.known {
            let mut line = std::mem::take(&mut self.command_line.bytes);
            line.clear();
            let has_arguments = !self.arguments()?.is_empty();
            let arguments = trim_end(self.arguments()?);
            let length = arguments.len();
            if length > LARGE {
                // There is room for one copy. Whatever needs the arguments as they were reads them again.
                line = std::mem::take(&mut self.arguments.bytes);
                self.arguments.known = false;
                line.truncate(length);
                line.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
            } else if length == 0 && has_arguments {
                line.push(b'-'); // only NULs
            } else if length == 0 {
                line.push(b'[');
                line.extend_from_slice(self.name()?);
                line.push(b']');
                if self.state()? == b'Z' {
                    line.extend_from_slice(b" <defunct>");
                }
            } else {
                line.extend(arguments.iter().map(|&b| if b == 0 { b' ' } else { b }));
            }
            self.command_line = Text { known: true, bytes: line };
        }
        Ok(&self.command_line.bytes)
    }

    fn displayed(&mut self, text: ProcessText) -> Lookup<Option<&[u8]>> {
        if !self.displayed.is_of(text) {
            let mut displayed = std::mem::take(&mut self.displayed);
            let made = match text {
                ProcessText::Name => self.name().map(|name| displayed.make(text, name)),
                ProcessText::FullName => {
                    self.full_name().map(|name| displayed.make(text, name.unwrap_or_default()))
                }
                ProcessText::CommandLine => match self.command_line() {
                    // There is room for one copy. Whatever needs the line as it was reads it again.
                    Ok(line) if line.len() > LARGE && !is_plain(line) => {
                        displayed.make_in_place(text, std::mem::take(&mut self.command_line).bytes);
                        Ok(())
                    }
                    line => line.map(|line| displayed.make(text, line)),
                },
            };
            self.displayed = displayed;
            made?;
        }
        Ok(self.displayed.get())
    }

    fn arguments(&mut self) -> Lookup<&[u8]> {
        if !self.arguments.known {
            let mut bytes = std::mem::take(&mut self.arguments.bytes);
            let result = self.read_past_exec("cmdline", &mut bytes);
            self.arguments = Text { known: result.is_ok(), bytes };
            result?;
            if self.arguments.bytes.is_empty() {
                self.arguments.known = false;
                self.stat()?; // for `command_line`, too
                let other = self.of_another_thread(|thread| Ok(not_empty(thread.arguments()?)))?;
                self.arguments = Text { known: true, bytes: other.unwrap_or_default() };
            }
        }
        Ok(&self.arguments.bytes)
    }

    fn environment(&mut self) -> Lookup<Option<&[u8]>> {
        if !self.environment.known {
            let mut bytes = std::mem::take(&mut self.environment.bytes);
            let result = self.read_past_exec("environ", &mut bytes);
            self.environment.bytes = bytes;
            match result {
                Ok(()) if !self.environment.bytes.is_empty() => {}
                // Newer kernels return ESRCH where the main thread has exited (`proc_mem_open`, fs/proc/base.c).
                Ok(()) | Err(Errno::SRCH) => {
                    let other =
                        self.of_another_thread(|thread| Ok(thread.environment()?.and_then(not_empty)))?;
                    match other {
                        Some(bytes) => self.environment.bytes = bytes,
                        None if result.is_err() && self.has_ended()? => {} // it has none any more
                        None => drop(result?),
                    }
                }
                Err(Errno::ACCESS | Errno::PERM) => return Ok(None),
                Err(errno) => return Err(errno.into()),
            }
            self.environment.known = true;
        }
        Ok(Some(&self.environment.bytes))
    }

    fn is_local(&mut self) -> Lookup<bool> {
        match self.status()?.namespace_pids.len() {
            0 => Err(LookupError::Io(Errno::NOSYS)), // before Linux 4.1
            namespaces => Ok(namespaces == 1),
        }
    }

    fn sockets(&mut self) -> Lookup<&[HeldSocket]> {
        if !self.sockets.known {
            let mut held = std::mem::take(&mut self.sockets);
            let read = held.read(self.proc, self.file("fd"));
            self.sockets = held;
            if self.optional(read)?.is_none() {
                self.sockets.clear();
            }
            if self.sockets.has_no_descriptors()
                && let Some(held) = self.of_another_thread(|thread| Ok(not_empty(thread.sockets()?)))?
            {
                self.sockets.held = held;
            }
            self.sockets.known = true;
        }
        Ok(&self.sockets.held)
    }

    fn owns_sockets_of(&mut self, creator: u32) -> Lookup<bool> {
        if creator == 0 {
            return Ok(true);
        }
        let status = self.status()?;
        Ok([status.real_uid, status.saved_uid].contains(&creator)
            || self.root_of_user_namespace()? == Some(creator))
    }

    fn cgroups(&mut self) -> Lookup<&[u8]> {
        self.text("cgroup", |p| &mut p.cgroups)?;
        Ok(&self.cgroups.bytes)
    }

    fn namespace(&mut self, kind: Namespace) -> Lookup<Option<FileId>> {
        self.read_namespace(kind)
    }
}

/// Without the NULs at the end: programs that rewrite their arguments leave many (setproctitle).
fn trim_end(arguments: &[u8]) -> &[u8] {
    let end = arguments.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
    &arguments[..end]
}

/// Whether `candidate` is what the kernel cut down to `name`.
fn longer(candidate: &[u8], name: &[u8]) -> bool {
    candidate.len() > name.len() && candidate.starts_with(name)
}
