//! The options of procps-ng, with values that are valid and values that are odd. They may hold `{dir}`, `{tty}` and
//! `{cgroup}`, which the scene fills in.

pub type Version = [u32; 3];

/// An option of procps-ng.
pub struct Opt {
    pub long: &'static str,
    /// The short name, and the programs that know it: `g`, `k`, `w`.
    pub short: Option<(char, &'static str)>,
    pub since: Version,
    /// How often it is chosen.
    pub weight: usize,
    /// Its values; none: it takes none.
    pub values: Values,
}

impl Opt {
    pub fn takes_value(&self) -> bool {
        !self.values.0.is_empty()
    }
}

const fn opt(long: &'static str, letter: char, programs: &'static str, weight: usize, values: Values) -> Opt {
    let short = if programs.is_empty() { None } else { Some((letter, programs)) };
    Opt { long, short, since: [0; 3], weight, values }
}

const fn since(version: Version, mut row: Opt) -> Opt {
    row.since = version;
    row
}

/// Values that are valid, and values that are odd.
pub type Values = (&'static [&'static str], &'static [&'static str]);

const NONE: Values = (&[], &[]);
#[rustfmt::skip]
const NUMBERS: Values = (
    &[
        "100", "110", "140", "160", "220", "1", "0", "100,120,160", "130,150", "170,240", "180",
        "100,110,120,130,1",
    ],
    &[
        "110,,130", ",100", "100,", "130,x", "x", "", ",", "-1", "+120", "999999", "99999999999999999999",
        "0x65", "100 ", "2147483648",
    ],
);
#[rustfmt::skip]
const USERS: Values = (
    &["root", "nobody", "0", "65534", "root,nobody", "daemon", "root,0"],
    &[
        "nosuchuser", "nosuchuser,root", "root,nosuchuser", "", ",", ",root", "nobody,", "-1", "4294967295",
        "4294967294", "+0", "1x",
    ],
);
#[rustfmt::skip]
const GROUPS: Values = (
    &["root", "nogroup", "0", "65534", "root,nogroup", "daemon"],
    &["nosuchgroup", "", ",", "0,nosuchgroup", "99999999999", ",nogroup", "-1"],
);
#[rustfmt::skip]
const STATES: Values = (&["S", "R", "Z", "T", "SZ", "S,T", "D"], &["", ",", "Q", "s", "TZQ"]);
#[rustfmt::skip]
pub const SIGNALS: Values = (
    &[
        "TERM", "HUP", "0", "9", "USR1", "SIGUSR2", "sighup", "usr1", "15", "RTMIN", "RTMIN+3", "RTMAX",
        "RTMAX-1", "SIGRTMIN+2", "WINCH", "CONT", "STOP", "KILL", "CHLD", "64", "34", "INT", "QUIT", "IOT",
        "POLL", "IO", "CLD", "URG", "SYS", "STKFLT", "hup", "0",
    ],
    &[
        "NOSUCH", "65", "99", "-1", "1x", "0x9", "SIG", "SIG9", "EXIT", "NULL", "UNUSED", "RTMIN+99",
        "RTMIN-1", "RTMAX+1", "+9", "010", "SIGSIGHUP", "RTMIN+", "rtmin+1", "32",
    ],
);
#[rustfmt::skip]
const FILES: Values = (
    &["{dir}/good", "{dir}/nul", "{dir}/lines", "{dir}/locked", "-"],
    &[
        "{dir}/bad", "{dir}/negative", "{dir}/zero", "{dir}/empty", "{dir}/missing", "{dir}", "{dir}/blank",
        "{dir}/second", "{dir}/huge", "{dir}/glued", "",
    ],
);

#[rustfmt::skip]
pub const OPTIONS: &[Opt] = &[
    opt("full", 'f', "gkw", 12, NONE),
    opt("exact", 'x', "gkw", 10, NONE),
    opt("ignore-case", 'i', "gkw", 6, NONE),
    opt("inverse", 'v', "g", 5, NONE),
    opt("newest", 'n', "gkw", 4, NONE),
    opt("oldest", 'o', "gkw", 4, NONE),
    opt("count", 'c', "gkw", 6, NONE),
    opt("list-name", 'l', "g", 8, NONE),
    opt("list-full", 'a', "g", 8, NONE),
    opt("delimiter", 'd', "g", 5, (&[",", "", " ", "::", "\\n"], &["-9", "--"])),
    opt("echo", 'e', "kw", 8, NONE),
    opt("ignore-ancestors", 'A', "gkw", 5, NONE),
    opt("lightweight", 'w', "g", 4, NONE),
    opt("logpidfile", 'L', "gkw", 2, NONE),
    opt("pidfile", 'F', "gkw", 5, FILES),
    opt("parent", 'P', "gkw", 5, NUMBERS),
    opt("pgroup", 'g', "gkw", 4, NUMBERS),
    opt("session", 's', "gkw", 4, NUMBERS),
    opt("terminal", 't', "gkw", 4, (&["{tty}", "{tty},tty1", "?"], &["/dev/{tty}", "nosuch", "", ",", ",{tty}", "-"])),
    opt("euid", 'u', "gkw", 6, USERS),
    opt("uid", 'U', "gkw", 5, USERS),
    opt("group", 'G', "gkw", 4, GROUPS),
    opt("older", 'O', "gkw", 4, (&["0", "1000000"], &["abc", "-1", "5m", "", "0x", "99999999999", "+0", "1000000s"])),
    opt("runstates", 'r', "gkw", 4, STATES),
    opt("signal", ' ', "", 5, SIGNALS),
    opt("queue", 'q', "k", 4, (&["0", "42", "-7", "2147483647"], &["abc", "", "2147483648", "-1", "-9", "1x", "+5"])),
    opt("cgroup", ' ', "", 3, (&["{cgroup}", "/nosuch", "/nosuch,{cgroup}"], &["", ",", "0::{cgroup}", "nosuch"])),
    opt("ns", ' ', "", 4, (&["1", "220", "100"], &["0", "abc", "-1", "999999", "", "150", "1x"])),
    opt("nslist", ' ', "", 3, (&["pid", "uts", "ipc,uts", "uts,ipc", "net,mnt"], &["bad", "", ",", "uts,bad", "user", ",uts"])),
    opt("help", 'h', "gkw", 1, NONE),
    opt("version", 'V', "gkw", 1, NONE),
    since([4, 0, 3], opt("require-handler", 'H', "gkw", 4, NONE)),
    since([4, 0, 5], opt("env", ' ', "", 4, (&["FOO", "FOO=bar", "EMPTY", "EMPTY=", "NOSUCH,FOO", "PKILL_TEST_VICTIM"], &["FOO=baz", "", ",", "F", "FOO=ba", "=", ",FOO"]))),
    since([4, 0, 6], opt("pid", 'p', "gkw", 5, NUMBERS)),
    since([4, 0, 6], opt("quiet", ' ', "", 4, NONE)),
    since([4, 0, 6], opt("shell-quote", 'Q', "gk", 5, NONE)),
    since([4, 0, 6], opt("mrelease", 'm', "k", 2, NONE)),
];

#[rustfmt::skip]
pub const PATTERNS: Values = (
    &[
        "alpha", "beta", "alpha", "zed", "gam", "thready", "worker", "leader", "stopped", "apart", "bare",
        "envy", "overwrit", "a", "e", "", ".", "^a", "a$", "alpha|beta", "ALPHA", "one two", "three", "x y",
        "caf", "\\(sd\\)", "sd", "[ab]", "^.$", "a-very-long-name", "a-very-long-nam", "defunct", "setuid",
        "nosuch", "alpha one two three", "z.w", "gam.ma", "^$", "[0-9]+",
    ],
    &[
        "a-very-long-name-of-it", "no-such-name-anywhere", "[", "(", "*", "a{1", "a**", "x{300}", "(a)\\1",
        "\\[zed\\]", "gam?ma", "-", "^-", "^bare$", "no-such-name|alpha-or", "[n]o-such-name-either",
        "differential", "--", "-9", "-HUP", "(sd)", "(alpha)(beta)?(gamma)?",
    ],
);
