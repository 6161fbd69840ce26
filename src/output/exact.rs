//! Exact values in JSON: bytes and times.

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use nix::sys::time::TimeValLike as _;
use nix::time::{ClockId, clock_gettime};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::proc::CLOCK_TICKS;

/// Bytes as a string where they are UTF-8, else as `{"base64": "..."}`.
pub(super) struct Exact<'a>(pub(super) &'a [u8]);

impl Serialize for Exact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &Base64(self.0))?;
                map.end()
            }
        }
    }
}

struct Base64<'a>(&'a [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &STANDARD))
    }
}

/// Arguments, each ended by a NUL.
pub(super) struct Arguments<'a>(pub(super) &'a [u8]);

impl Serialize for Arguments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = match self.0 {
            [] => None,
            [all @ .., 0] | all => Some(all.split(|&b| b == 0)),
        };
        serializer.collect_seq(all.into_iter().flatten().map(Exact))
    }
}

/// RFC 3339, in UTC. Start times count from boot; the time of the boot is computed from the current clocks.
pub(super) fn wall_clock(ticks: u64) -> String {
    // The C library's function: rustix (its feature `time`) calls the vDSO at an address of the
    // kernel's, which valgrind(1) hides.
    let Ok(now) = clock_gettime(ClockId::CLOCK_BOOTTIME) else { return Timestamp::UNIX_EPOCH.to_string() };
    let since_boot = SignedDuration::from_nanos(now.num_nanoseconds());
    let start = SignedDuration::from_millis((ticks * 1000 / CLOCK_TICKS) as i64);
    let time = Timestamp::now().checked_sub(since_boot - start).unwrap_or(Timestamp::UNIX_EPOCH);
    // To the resolution that start times have.
    format!("{time:.2}")
}
