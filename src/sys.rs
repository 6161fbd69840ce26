//! System and C library calls that no crate wraps: the only `unsafe` code of the package.

use std::ffi::CStr;

/// Whether the user's locale (`LC_ALL`, `LC_CTYPE`, `LANG`, in this order) encodes text in UTF-8.
///
/// Asks the C library, as a locale that is named but not installed means the C locale. It looks the
/// locale up with newlocale(3) rather than setlocale(3), which finds the same one and fails the same
/// way, but changes nothing that another thread may be reading.
pub(crate) fn locale_is_utf8() -> bool {
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
