//! The native protocol of systemd-journald (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL>): fields with names, the values
//! of which are any bytes.

use std::os::fd::AsFd as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;
use serde_json::{Map, Value};

use super::socket::Socket;
use crate::output::printable::quoted;

/// Members that the journal adds itself (_HOSTNAME, _BOOT_ID), from a source that it trusts.
const OF_JOURNAL: [&str; 2] = ["host", "boot_id"];

/// The fields of one entry.
#[derive(Default)]
pub(super) struct Entry(Vec<u8>);

impl Entry {
    /// The length precedes the value, so that no value can be taken for another field.
    pub(super) fn push(&mut self, name: &str, value: &[u8]) {
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(b'\n');
        self.0.extend_from_slice(&(value.len() as u64).to_le_bytes());
        self.0.extend_from_slice(value);
        self.0.push(b'\n');
    }

    /// A field for each member of a line of JSON.
    pub(super) fn push_line(&mut self, line: &Map<String, Value>) {
        for (name, value) in line.iter().filter(|(name, _)| !OF_JOURNAL.contains(&&***name)) {
            self.push_value(&format!("PKILL_{}", field_name(name)), value);
        }
    }

    /// The members of an object have fields of their own, except that a signal is its name.
    fn push_value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::Object(_) if exact(value).is_some() => self.push(name, &exact(value).unwrap_or_default()),
            Value::Object(members) => {
                for (member, value) in members {
                    match (name, &**member) {
                        ("PKILL_SIGNAL", "name") => self.push_value(name, value),
                        _ => self.push_value(&format!("{name}_{}", field_name(member)), value),
                    }
                }
            }
            Value::Array(words) => match words.iter().map(exact).collect::<Option<Vec<_>>>() {
                // The journal keeps no order of values of one field, and each value once.
                Some(words) => {
                    let words: Vec<u8> = words.iter().flat_map(|word| [word, &b"\0"[..]].concat()).collect();
                    self.push(name, &quoted(&words).flatten().copied().collect::<Vec<u8>>());
                }
                None => self.push(name, value.to_string().as_bytes()),
            },
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.push(name, &exact(value).unwrap_or_else(|| value.to_string().into_bytes()));
            }
        }
    }

    /// An entry that is too large for a datagram is sent as a sealed file.
    pub(super) fn send(&self, socket: &mut Socket) -> Result<(), Errno> {
        match socket.send(&self.0, None) {
            Err(Errno::MSGSIZE | Errno::NOBUFS) => {
                let file = memfd_create("pkill-log", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
                let mut rest = &self.0[..];
                while !rest.is_empty() {
                    rest = &rest[rustix::io::write(&file, rest)?..];
                }
                fcntl_add_seals(
                    &file,
                    SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL,
                )?;
                socket.send(&[], Some(file.as_fd()))
            }
            result => result,
        }
    }
}

/// Capital letters, digits and underscores (systemd.journal-fields(7)).
fn field_name(member: &str) -> String {
    member.to_ascii_uppercase().replace('-', "_")
}

/// The bytes of a string, or of `{"base64": "..."}`.
fn exact(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Object(members) if members.len() == 1 => {
            STANDARD.decode(members.get("base64")?.as_str()?).ok()
        }
        _ => None,
    }
}
