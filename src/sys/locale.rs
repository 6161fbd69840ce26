//! The character encoding of the user's locale.

#[cfg(not(target_feature = "crt-static"))]
use std::ffi::CStr;
use std::sync::OnceLock;

/// Whether the user's locale (`LC_ALL`, `LC_CTYPE`, `LANG`, in this order) encodes text in UTF-8.
///
/// A program that is linked to the system's C library calls that, because a locale that is named but not installed
/// means the C locale. newlocale(3) finds the same locale as setlocale(3) and fails for the same reasons, but changes
/// no state that another thread may be reading.
pub(crate) fn locale_is_utf8() -> bool {
    // Every printed name that is not ASCII needs the answer, and newlocale(3) reads the locale's files.
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(read_locale)
}

/// From the locale's name: where a static program runs there may be no locales, or those of another C library.
#[cfg(target_feature = "crt-static")]
fn read_locale() -> bool {
    let set = |name| std::env::var(name).ok().filter(|locale| !locale.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
    is_utf8_name(&locale)
}

/// Whether the codeset of a locale's name, `language_territory.codeset@modifier` (setlocale(3)), is UTF-8.
#[cfg(any(target_feature = "crt-static", test))]
fn is_utf8_name(locale: &str) -> bool {
    let codeset =
        locale.split('@').next().and_then(|name| name.split_once('.')).map_or("", |(_, codeset)| codeset);
    ["UTF-8", "UTF8"].iter().any(|name| codeset.eq_ignore_ascii_case(name))
}

#[cfg(not(target_feature = "crt-static"))]
fn read_locale() -> bool {
    // SAFETY: the name is a C string, and a null base makes newlocale(3) create a new object.
    let locale = unsafe { libc::newlocale(libc::LC_CTYPE_MASK, c"".as_ptr(), std::ptr::null_mut()) };
    if locale.is_null() {
        return false;
    }
    // SAFETY: the object is valid, and the string, which belongs to it, is read before the object is freed.
    unsafe {
        let codeset = CStr::from_ptr(libc::nl_langinfo_l(libc::CODESET, locale)).to_bytes();
        let utf8 = codeset.eq_ignore_ascii_case(b"UTF-8");
        libc::freelocale(locale);
        utf8
    }
}

#[cfg(test)]
mod tests {
    use super::is_utf8_name;

    #[test]
    fn the_codeset_of_a_locale_name() {
        for (locale, utf8) in [
            ("en_US.UTF-8", true),
            ("C.utf8", true),
            ("de_DE.UTF-8@euro", true),
            ("de_DE@UTF-8", false),
            ("de_DE.ISO-8859-15@euro", false),
            ("UTF-8", false),
            ("C", false),
            ("", false),
        ] {
            assert_eq!(is_utf8_name(locale), utf8, "{locale:?}");
        }
    }
}
