//! Command lines and the requests that they make.

use super::*;
use Program::*;

use crate::error::ErrorKind;
use crate::signal::Signal;

/// The command line is the program and its arguments, separated by spaces; `''` is an empty argument.
fn invocation(line: &str) -> Result<Invocation, Error> {
    let mut words = line.split(' ').map(|word| if word == "''" { "" } else { word });
    let argv0 = OsStr::new(words.next().unwrap_or_default());
    parse(Program::called(argv0), argv0, words.map(OsString::from))
}

fn request(line: &str) -> Request {
    match invocation(line) {
        Ok(Invocation::Run(request)) => *request,
        Ok(_) => panic!("{line}: not a request"),
        Err(error) => panic!("{line}: {error}"),
    }
}

fn sending(line: &str) -> Sending {
    match request(line).action {
        Action::Signal(sending) => sending,
        action => panic!("{line}: {action:?}"),
    }
}

#[test]
fn what_cannot_be_combined() {
    for (line, message) in [
        ("pgrep", "no matching criteria specified"),
        ("pkill -9 -f", "no matching criteria specified"),
        ("pgrep --no-zombies --no-kernel-threads", "no matching criteria specified"),
        ("pgrep --not a", "no matching criteria specified"),
        ("pgrep --nslist pid", "no matching criteria specified"),
        ("pgrep --inverse", "no matching criteria specified"),
        ("pgrep a b", "only one pattern can be provided"),
        ("pgrep -- a -x", "only one pattern can be provided"),
        ("pgrep -L a", "-L without -F makes no sense"),
        ("pgrep --ns 0", "invalid process ID: 0"),
        (
            "pkill -0 --require-handler a",
            "--require-handler cannot be used with signal 0: no process can catch it",
        ),
        (
            "pkill --lightweight a",
            "--lightweight is an option of pgrep only: pkill signals whole processes, not threads",
        ),
        (
            "pidwait --lightweight a",
            "--lightweight is an option of pgrep only: pidwait waits for whole processes, not threads",
        ),
        ("pkill --wait=5 --timeout 5 a", "--wait=DURATION and --timeout cannot be used together"),
        ("pkill -0 --freeze a", "--freeze cannot be used with 0: it has no effect on continued processes"),
        (
            "pkill -TSTP --freeze a",
            "--freeze cannot be used with TSTP: it has no effect on continued processes",
        ),
        ("pgrep --freeze a", "--freeze is an option of pkill only"),
        ("pidwait --print0 a", "--print0 is an option of pgrep only"),
        ("pgrep --timeout 5 a", "--timeout is an option of pkill and pidwait only"),
        ("pgrep --list-signals", "--list-signals is an option of pkill only"),
        ("pgrep --older abc a", "invalid duration: abc"),
        ("pgrep --complete nosuch", "invalid argument for --complete: nosuch"),
        ("pkill --wait= a", "invalid duration:"),
    ] {
        let Err(error) = invocation(line) else { panic!("{line}: accepted") };
        assert_eq!((&*error.message, error.kind), (message, ErrorKind::Usage), "{line}");
    }
}

#[test]
fn exclusive_options() {
    for group in EXCLUSIVE {
        for one in *group {
            for other in group.iter().filter(|other| *other != one) {
                let [one, other] = [one, other].map(|name| options::find(name.as_bytes()).expect("a row"));
                let programs = one.documented.iter().filter(|program| other.documented.contains(program));
                for program in programs {
                    let value = |opt: &Opt| match opt.value() {
                        None => "",
                        Some(Kind::Steps) => "=5:KILL",
                        Some(Kind::Columns) => "=pid",
                        Some(Kind::Format) => "=lines",
                        Some(Kind::Log) => "=syslog",
                        Some(_) => "=5",
                    };
                    let args =
                        [one, other].map(|opt| OsString::from(format!("--{}{}", opt.long, value(opt))));
                    let result =
                        parse(*program, program.name().as_ref(), args.into_iter().chain(["a".into()]));
                    let message = result.err().map(|error| error.message).unwrap_or_default();
                    let ok = message.contains("cannot be used together")
                        || message == "Cannot use pidfile and pid option together"
                        || message.starts_with("Cannot use --quiet and -");
                    assert!(ok, "{}: --{} --{}: {message:?}", program.name(), one.long, other.long);
                }
            }
        }
    }
    let error = invocation("pgrep -p 1 -F x").err().expect("exclusive");
    assert_eq!(error.kind, ErrorKind::NothingToMatch);
    // --list-name has no effect in pkill, and procps-ng refuses this nevertheless.
    let error = invocation("pkill --list-name --quiet a").err().expect("exclusive");
    assert_eq!(error.message, "Cannot use --quiet and -l,--list-name options together");
}

/// Also a value that a later option overrides.
#[test]
fn each_value_is_checked_when_it_is_read() {
    for (line, message) in [
        ("pgrep -O abc -O 5 a", "invalid duration: abc"),
        ("pgrep -u , -u root", "invalid empty list"),
        ("pgrep --ns 0 --ns 1 a", "invalid process ID: 0"),
        ("pkill --signal NOSUCH --signal HUP a", "Unknown signal \"NOSUCH\"."),
        ("pgrep --queue abc a", "not a number: abc"),
        // The first error is reported, but errors in the grammar take precedence.
        ("pgrep -O abc -u , a", "invalid duration: abc"),
        ("pgrep -u , -O abc a", "invalid empty list"),
        ("pgrep --freeze -O abc", "--freeze is an option of pkill only"),
        ("pgrep -O abc --freeze", "invalid duration: abc"),
        ("pgrep -p 1 -F x -O abc", "invalid duration: abc"),
        ("pgrep -O abc --nosuch", "unrecognized option '--nosuch'"),
        ("pgrep -O abc a b", "only one pattern can be provided"),
        ("pgrep a b --nosuch", "unrecognized option '--nosuch'"),
    ] {
        let error = invocation(line).err().unwrap_or_else(|| panic!("{line}: accepted"));
        assert_eq!(error.message, message, "{line}");
    }
    // Names are looked up later.
    request("pkill -u nosuchuser -u root");
}

#[test]
fn options_that_end_the_reading() {
    for (line, expected) in [
        ("pgrep --help --nosuch", "help"),
        ("pgrep -xh", "short help"),
        ("pgrep -hy", "short help"),
        ("pgrep -Vh", "version"),
        ("pgrep a b --version -O abc", "version"),
        ("pkill --list-signals --nosuch", "signals"),
        ("pgrep --generate man --nosuch a b", "generate: man"),
        ("pgrep --generate nosuch", "invalid argument for --generate: nosuch"),
        ("pgrep --complete pid 4", "complete: Pids 4"),
        ("pgrep --complete pattern", "complete: Pattern "),
        ("pgrep --complete parent -P 1 --help", "help"),
        // Only an error in the grammar takes precedence.
        ("pgrep -O abc -u , --freeze --help", "help"),
        ("pkill -h", "short help"),
        ("pgrep --nosuch --help", "unrecognized option '--nosuch'"),
        ("pgrep -y --help", "invalid option -- 'y'"),
    ] {
        let found = match invocation(line) {
            Ok(Invocation::Help { is_short: false }) => "help".into(),
            Ok(Invocation::Help { is_short: true }) => "short help".into(),
            Ok(Invocation::Print(text)) => {
                assert!(text.starts_with("pgrep from "), "{text}");
                "version".into()
            }
            Ok(Invocation::Generate(file)) => format!("generate: {}", file.name()),
            Ok(Invocation::ListSignals) => "signals".into(),
            Ok(Invocation::Complete(request)) => {
                format!("complete: {:?} {}", request.kind, String::from_utf8_lossy(&request.word))
            }
            Ok(Invocation::Run(_)) => "run".into(),
            Err(error) => error.message,
        };
        assert_eq!(found, expected, "{line}");
    }
}

/// Also where the command line is wrong.
#[test]
fn the_format_of_an_error() {
    for (line, expected) in [
        ("pgrep a", ""),
        ("pgrep a --json", "document"),
        ("pgrep --json=document --js=lines a b", "lines"),
        ("pgrep --json=lines --json -O abc", "document"),
        ("pgrep --json=csv a", ""),
        ("pgrep --json=lines --json=csv a", "lines"),
        ("pgrep a -- --json", ""),
        ("pgrep --env --json a", ""), // the value of another option
        ("pkill --list-signals --json", "document"),
        ("pkill -x --nosuch --json", "document"),
        ("pkill -xy --json=lines", "lines"),
        ("pkill --nosuch --js", ""), // abbreviated after the error
        ("pkill --nosuch -- --json", ""),
        ("pkill --json=lines --nosuch --jsonl", "lines"),
    ] {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let found = json_format(Program::called(&words[0]), &words[1..]).map_or("", JsonFormat::name);
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn criteria() {
    for (line, expected) in [
        ("pgrep a", "[]"),
        ("pgrep -P 1,2", "[Parents([Pid(1), Pid(2)])]"),
        ("pgrep -P 1 -P 2", "[Parents([Pid(2)])]"),
        ("pgrep -p 1 -p 2", "[Pids(Given([Pid(2)]))]"),
        ("pgrep -p 1 -p -", "[Pids(Stdin)]"),
        ("pgrep -P 1 --ancestor 3 --parent 2", "[Parents([Pid(2)]), Ancestors([Pid(3)])]"),
        ("pgrep -u 1 -U 2", "[EffectiveUsers([Id(1)]), RealUsers([Id(2)])]"),
        ("pgrep -O 5 --younger 6 --older 7", "[OlderThan(7s), YoungerThan(6s)]"),
        ("pgrep --no-zombies --no-zombies a", "[NoZombie]"),
        ("pgrep --exe a --script b --exe c", r#"[Executable("c"), Script("b")]"#),
        ("pgrep -F a", r#"[Pidfile(Pidfile { path: "a", must_be_locked: false })]"#),
        ("pgrep -L -F a -F b", r#"[Pidfile(Pidfile { path: "b", must_be_locked: true })]"#),
        ("pgrep --ns 1", "[Namespaces { of: Pid(1), kinds: [Ipc, Mnt, Net, Pid, User, Uts] }]"),
        ("pgrep --nslist pid,mnt --ns 1", "[Namespaces { of: Pid(1), kinds: [Pid, Mnt] }]"),
        ("pgrep --nslist pid a", "[]"),
        ("pkill -H a", "[Catches(Signal(15))]"),
        ("pkill -H -HUP a", "[Catches(Signal(1))]"),
        ("pgrep -H --signal HUP a", "[Catches(Signal(1))]"),
    ] {
        assert_eq!(format!("{:?}", request(line).selection.criteria), expected, "{line}");
    }
}

#[test]
fn selections() {
    type Check = fn(&Selection) -> bool;
    let cases: &[(&str, Check)] = &[
        ("pgrep a", |s| s.pattern.as_deref() == Some(b"a") && s.pick == Pick::All && !s.inverse),
        ("pgrep ''", |s| s.pattern.as_deref() == Some(b"")),
        ("pgrep -n", |s| s.pattern.is_none() && s.pick == Pick::Newest),
        ("pgrep -o", |s| s.pick == Pick::Oldest),
        ("pgrep --and a --and b", |s| s.pattern.is_none() && s.and == [b"a", b"b"]),
        ("pgrep --not a b --not c", |s| s.not == [b"a", b"c"] && s.pattern.as_deref() == Some(b"b")),
        ("pgrep -v a", |s| s.inverse),
        ("pgrep -A a", |s| s.skip_ancestors),
        ("pgrep --exclude 1,2 --exclude 3 a", |s| s.exclude == [1, 2, 3].map(ProcessRef::Pid)),
        ("pgrep -w a", |s| s.threads),
        ("pgrep --tree a", |s| s.tree),
        ("pgrep -fix a", |s| {
            s.reading
                == Reading { subject: Subject::CommandLine, ignore_case: true, whole: true, plain: false }
        }),
        ("pgrep --fixed-strings a", |s| s.reading == Reading { plain: true, ..Reading::default() }),
    ];
    for (line, check) in cases {
        let selection = request(line).selection;
        assert!(check(&selection), "{line}: {selection:?}");
    }
}

#[test]
fn signals() {
    for (line, expected) in [
        ("pkill a", Signal::TERM),
        ("pkill -HUP a", Signal::parse("HUP").expect("a signal")),
        ("pkill a -9", Signal::KILL),
        ("pkill --signal KILL a", Signal::KILL),
        ("pkill --signal 15 --signal KILL a", Signal::KILL),
        // --signal overrides the signal word, before or after it.
        ("pkill --signal KILL -HUP a", Signal::KILL),
        ("pkill -HUP a --signal KILL", Signal::KILL),
    ] {
        assert_eq!(sending(line).signal, expected, "{line}");
    }
}

#[test]
fn what_is_sent() {
    type Check = fn(&Sending) -> bool;
    let name = |quoted| Some(Label { subject: Subject::Name, quoted });
    assert_eq!(sending("pkill -e a").echo, name(false));
    assert_eq!(sending("pkill -eQ a").echo, name(true));
    let cases: &[(&str, Check)] = &[
        ("pkill a", |s| {
            s.wait.is_none() && s.escalation.is_empty() && s.echo.is_none() && s.mode == Mode::Send
        }),
        ("pkill -e --list-full a", |s| s.echo.is_some_and(|label| label.subject == Subject::CommandLine)),
        ("pkill --wait a", |s| s.wait == Some(Wait { limit: None, any: false })),
        ("pkill --wait=5 a", |s| s.wait.is_some_and(|wait| wait.limit == Some(seconds(5)))),
        ("pkill --wait=5 --wait a", |s| s.wait.is_some_and(|wait| wait.limit.is_none())),
        ("pkill --timeout 5 a", |s| s.wait.is_some_and(|wait| wait.limit == Some(seconds(5)))),
        ("pkill --wait --timeout 5 a", |s| s.wait.is_some_and(|wait| wait.limit == Some(seconds(5)))),
        ("pkill --until-none a", |s| s.wait.is_some() && s.until_none),
        ("pkill --kill-after 5 a", |s| {
            s.wait.is_some() && s.escalation == [Step { after: seconds(5), signal: Signal::KILL }]
        }),
        ("pkill --escalate 1:INT,2:KILL a", |s| s.wait.is_some() && s.escalation.len() == 2),
        ("pkill --escalate 1:INT,2:KILL --escalate 3:KILL a", |s| s.escalation.len() == 1),
        ("pkill --freeze a", |s| s.freeze && s.wait.is_none()),
        ("pkill -STOP --freeze a", |s| s.freeze),
        ("pkill -q 5 -m --cont --whole-group a", |s| {
            s.value == Some(5) && s.release_memory && s.resume && s.whole_group
        }),
        ("pkill -q 5 -q -6 a", |s| s.value == Some(-6)),
        ("pkill --dry-run a", |s| s.mode == Mode::DryRun),
        ("pkill -I a", |s| s.mode == Mode::Ask),
    ];
    for (line, check) in cases {
        let sending = sending(line);
        assert!(check(&sending), "{line}: {sending:?}");
    }
}

#[test]
fn lists_and_waits() {
    let label = |subject| Some(Label { subject, quoted: false });
    for (line, expected, separator) in [
        ("pgrep a", None, Separator::Between(b"\n".to_vec())),
        ("pgrep -l a", label(Subject::Name), Separator::Between(b"\n".to_vec())),
        // -a overrides -l, before or after it.
        ("pgrep -la a", label(Subject::CommandLine), Separator::Between(b"\n".to_vec())),
        ("pgrep -al a", label(Subject::CommandLine), Separator::Between(b"\n".to_vec())),
        ("pgrep -d; -d, a", None, Separator::Between(b",".to_vec())),
        ("pgrep --delimiter= a", None, Separator::Between(vec![])),
        ("pgrep --print0 a", None, Separator::Nul),
    ] {
        let Action::List(listing) = request(line).action else { panic!("{line}") };
        assert_eq!((listing.label, listing.separator), (expected, separator), "{line}");
    }
    for (line, expected) in [
        ("pidwait a", Wait { limit: None, any: false }),
        ("pidwait --any a", Wait { limit: None, any: true }),
        ("pidwait --timeout 5 a", Wait { limit: Some(seconds(5)), any: false }),
    ] {
        let Action::Wait { wait, .. } = request(line).action else { panic!("{line}") };
        assert_eq!(wait, expected, "{line}");
    }
}

#[test]
fn the_rest_of_a_request() {
    type Check = fn(&Request) -> bool;
    let cases: &[(&str, Check)] = &[
        ("pgrep a", |r| {
            r.program == Pgrep && r.style == Style::Plain && !r.count && !r.allow_none && !r.strict
        }),
        ("pidwait --quiet a", |r| r.program == Pidwait && r.style == Style::Quiet),
        ("pkill --verbose a", |r| r.program == Pkill && r.style == Style::Verbose),
        ("pgrep --json --json a", |r| r.style == Style::Json),
        ("pgrep -c a", |r| r.count),
        ("pgrep --max 5 --max 6 a", |r| r.at_most == Some(6)),
        ("pgrep --allow-none a", |r| r.allow_none),
        ("pkill --strict a", |r| r.strict),
    ];
    for (line, check) in cases {
        let request = request(line);
        assert!(check(&request), "{line}: {request:?}");
    }
}

/// Values as given, by long name, of the pattern and the options that select, in the order of the command line.
#[test]
fn raw_values() {
    let value = |text: &str| RawValue::Value(text.into());
    let a = || (PATTERN, value("a"));
    let both = |other: &str| RawValue::Each(vec!["b".into(), other.into()]);
    for (line, expected) in [
        ("pgrep a", vec![a()]),
        ("pgrep -n", vec![("newest", RawValue::Flag)]),
        ("pgrep -lxc -d, a", vec![("exact", RawValue::Flag), a()]),
        ("pgrep -u +0, -P 1 -P 02 a", vec![("euid", value("+0,")), ("parent", value("02")), a()]),
        ("pgrep -P 1 -u 5 -P 02 -c a", vec![("parent", value("02")), ("euid", value("5")), a()]),
        ("pgrep --not b a --not ''", vec![("not", both("")), a()]),
        (
            "pgrep a --older 5 --and b -x --and c",
            vec![a(), ("older", value("5")), ("and", both("c")), ("exact", RawValue::Flag)],
        ),
    ] {
        assert_eq!(request(line).raw_values, expected, "{line}");
    }
}

fn seconds(n: u64) -> std::time::Duration {
    std::time::Duration::from_secs(n)
}

/// The name is what a caller's arguments call the program.
#[test]
fn the_name_that_it_was_called_by() {
    for (argv0, expected) in [
        ("pkill", "pkill"),
        ("/usr/bin/pkill", "pkill"),
        ("bin/my-pgrep", "my-pgrep"),
        ("", "pgrep"),
        ("/", "pgrep"),
    ] {
        let parsed = parse(Program::called(argv0.as_ref()), argv0.as_ref(), ["a".into()]);
        let Ok(Invocation::Run(request)) = parsed else { panic!("{argv0}: not a request") };
        assert_eq!(request.invoked_as, expected.as_bytes(), "{argv0}");
    }
}

/// Half of the timeout at most, so that a run can succeed before it expires.
#[test]
fn the_default_settling_time() {
    for (line, seconds) in [
        ("pkill --until-none a", 0.5),
        ("pkill --until-none --timeout 60 a", 0.5),
        ("pkill --until-none --timeout 0.2 a", 0.1),
        ("pkill --until-none --timeout 0.2 --settle 3 a", 3.0),
        ("pkill --wait --settle 0 a", 0.0),
    ] {
        assert_eq!(sending(line).settling_time().as_secs_f64(), seconds, "{line}");
    }
}

/// What `--explain` shows of a criterion is found by the name of its option.
#[test]
fn each_criterion_has_the_name_of_its_option() {
    for line in [
        "--pid 1",
        "--pidfile a",
        "--parent 1",
        "--ancestor 1",
        "--pgroup 1",
        "--session 1",
        "--euid 1",
        "--uid 1",
        "--group 1",
        "--terminal a",
        "--exe a",
        "--exe-deleted",
        "--script a",
        "--cwd a",
        "--older 1",
        "--younger 1",
        "--rss 1",
        "--cpu-time 1",
        "--no-zombies",
        "--no-kernel-threads",
        "--runstates S",
        "--cgroup a",
        "--unit a",
        "--user-unit a",
        "--local",
        "--port 1",
        "--env a",
        "--ns 1",
        "--require-handler",
    ] {
        let request = request(&format!("pgrep {line} a"));
        let names: Vec<_> = request.raw_values.iter().map(|(name, _)| *name).collect();
        let [criterion] = &request.selection.criteria[..] else { panic!("{line}: one criterion") };
        assert_eq!(names, [criterion.option(), PATTERN], "{line}");
    }
}
