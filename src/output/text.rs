//! Process text for people: a process chooses its own name, so none of its bytes may reach a terminal unchecked.

use crate::sys;

/// Control characters and what is no character in the user's locale become `?`, one for each byte or character.
pub fn printable(bytes: &[u8]) -> Vec<u8> {
    let plain = |b: u8| if b.is_ascii_control() { b'?' } else { b };
    if bytes.is_ascii() {
        return bytes.iter().map(|&b| plain(b)).collect();
    }
    if !sys::locale_is_utf8() {
        return bytes.iter().map(|&b| if b.is_ascii() { plain(b) } else { b'?' }).collect();
    }
    let mut text = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let c = if c.is_control() { '?' } else { c };
            text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        text.extend(chunk.invalid().iter().map(|_| b'?'));
    }
    text
}
