//! The script that an interpreter runs, by its arguments.

use super::process::NAME_MAX;
use super::{Facts as _, Lookup, Process, base_name};

/// How an interpreter reads its arguments, as far as it matters for what it runs. Options are written as typed,
/// separated by spaces.
struct Interpreter {
    /// Names, without a version.
    names: &'static str,
    style: Style,
    /// Options with a value in the next argument.
    valued: &'static str,
    /// Options with a value that is the script.
    script: &'static str,
    /// Options that contain the program, or read it from standard input: there is no script.
    inline: &'static str,
    /// Options that take the rest of the same argument.
    glued: &'static str,
    /// Words that may precede the script.
    before: &'static str,
    /// Whether the first argument that is no option is the script.
    operand: bool,
}

/// How short options are spelled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// One letter each, also several in one argument; a value may follow in the same argument (getopt(3)).
    Letters,
    /// The same, but a value is always the next argument, and `+` turns an option off (sh(1)).
    Shell,
    /// Whole words after one dash or two.
    Words,
}

const NONE: Interpreter = Interpreter {
    names: "",
    style: Style::Letters,
    valued: "",
    script: "",
    inline: "",
    glued: "",
    before: "",
    operand: true,
};

const INTERPRETERS: &[Interpreter] = &[
    Interpreter {
        names: "sh bash rbash dash ash ksh mksh lksh oksh pdksh yash zsh posh",
        style: Style::Shell,
        valued: "-o -O --rcfile --init-file --emulate",
        inline: "-c -s",
        ..NONE
    },
    Interpreter { names: "csh tcsh", inline: "-c -s", ..NONE },
    Interpreter {
        names: "fish",
        valued: "-C --init-command -d --debug -o --debug-output -f --features --profile --profile-startup",
        inline: "-c --command",
        ..NONE
    },
    Interpreter {
        names: "python pypy micropython platform-python",
        valued: "-W -X --check-hash-based-pycs",
        script: "-m",
        inline: "-c",
        ..NONE
    },
    Interpreter { names: "perl", valued: "-I", inline: "-e -E", glued: "-C -D -F -M -V -i -m -x", ..NONE },
    Interpreter {
        names: "ruby",
        valued: "-C -E -I -r --encoding --external-encoding --internal-encoding --enable --disable --dump --parser",
        inline: "-e",
        glued: "-F -K -T -W -i -x",
        ..NONE
    },
    Interpreter {
        names: "node nodejs",
        valued: "-r --require --import --loader --experimental-loader -C --conditions --input-type --title \
            --inspect-port --icu-data-dir --openssl-config --redirect-warnings --diagnostic-dir --disable-warning \
            --dns-result-order --unhandled-rejections --stack-trace-limit --max-http-header-size \
            --trace-event-categories --watch-path --env-file --env-file-if-exists --cpu-prof-dir --cpu-prof-interval \
            --cpu-prof-name --heap-prof-dir --heap-prof-interval --heap-prof-name --disable-proto --debug-port \
            --experimental-default-type --heapsnapshot-near-heap-limit --heapsnapshot-signal --report-dir \
            --report-directory --report-filename --report-signal --secure-heap --secure-heap-min --test-concurrency \
            --test-name-pattern --test-reporter --test-reporter-destination --test-shard --test-timeout \
            --tls-cipher-list --tls-keylog --trace-event-file-pattern --use-largepages --v8-pool-size",
        inline: "-e --eval -p --print",
        before: "inspect",
        ..NONE
    },
    Interpreter {
        names: "deno",
        valued: "-c --config --import-map -L --log-level --cert --lock --host --port",
        inline: "eval",
        before: "run serve",
        ..NONE
    },
    Interpreter {
        names: "bun",
        valued: "-r --preload --cwd -c --config",
        inline: "-e --eval -p --print",
        before: "run",
        ..NONE
    },
    Interpreter {
        names: "php php-cgi",
        valued: "-d --define -c --php-ini -z --zend-extension -t --docroot",
        script: "-f --file -F --process-file",
        inline: "-r --run -B -R -S --server --process-begin --process-code",
        ..NONE
    },
    Interpreter { names: "lua luajit", valued: "-e -l", glued: "-b -j -O", ..NONE },
    Interpreter {
        names: "tclsh wish",
        style: Style::Words,
        valued: "-encoding -colormap -display -geometry -name -use -visual",
        ..NONE
    },
    Interpreter { names: "expect", valued: "-c", script: "-f", ..NONE },
    Interpreter { names: "Rscript", style: Style::Words, inline: "-e", ..NONE },
    Interpreter {
        names: "R",
        style: Style::Words,
        script: "-f --file",
        inline: "-e",
        operand: false,
        ..NONE
    },
    Interpreter {
        names: "awk gawk mawk nawk original-awk",
        valued: "-F -v -i --assign --field-separator --include",
        script: "-f -E --file --exec",
        operand: false,
        ..NONE
    },
    Interpreter {
        names: "java",
        style: Style::Words,
        valued: "-cp -classpath --class-path -p --module-path --upgrade-module-path --add-modules --add-reads \
            --add-exports --add-opens --limit-modules --patch-module --enable-native-access --source",
        // The archive after `-jar` may be preceded by further options.
        script: "-m --module",
        ..NONE
    },
    Interpreter {
        names: "guile",
        style: Style::Words,
        valued: "-e -l -x -L -C",
        script: "-s",
        inline: "-c",
        ..NONE
    },
    Interpreter {
        names: "julia",
        valued: "-J --sysimage -p --procs -t --threads -L --load -C --cpu-target -H --home",
        inline: "-e --eval -E --print",
        ..NONE
    },
    Interpreter { names: "escript", ..NONE },
    Interpreter {
        names: "pwsh",
        style: Style::Words,
        valued: "-ExecutionPolicy -ConfigurationName -WorkingDirectory",
        script: "-File -file -f",
        inline: "-Command -command -c -EncodedCommand",
        ..NONE
    },
];

impl Process<'_> {
    /// See [`super::Facts::scripts`].
    pub(super) fn find_scripts(&mut self) -> Lookup<Vec<Vec<u8>>> {
        let name = self.name()?.to_vec();
        let arguments = self.arguments()?.to_vec();
        let words: Vec<&[u8]> =
            arguments.strip_suffix(b"\0").unwrap_or(&arguments).split(|&b| b == 0).collect();
        let words = applet(&words);
        let called = Interpreter::called(words[0]);
        let interpreter = match called {
            Some(_) => called,
            // Under another name, through a link: only the executable decides. If that is denied, the name is used.
            None => self.read_link("exe").ok().and_then(|path| Interpreter::called(&path)),
        };
        let mut scripts: Vec<&[u8]> = interpreter.and_then(|one| one.script(words)).into_iter().collect();
        scripts.extend(by_name(&name, words));
        Ok(scripts.into_iter().map(<[u8]>::to_vec).collect())
    }
}

/// Where a script is executed itself (`#!`, execve(2)), the kernel puts its path after the interpreter and the one
/// argument from its first line, and names the process after it. Then its interpreter may be any, a script too.
fn by_name<'a>(name: &[u8], words: &[&'a [u8]]) -> Option<&'a [u8]> {
    let is_name = |word: &[u8]| {
        let base = base_name(word);
        !base.is_empty() && &base[..base.len().min(NAME_MAX)] == name
    };
    let (own, rest) = words.split_first()?;
    if is_name(own) {
        return None;
    }
    // Further on, a word without a slash may be any argument.
    let mut candidates = rest.iter().enumerate().filter(|(at, word)| *at == 0 || word.contains(&b'/'));
    candidates.find(|(_, word)| is_name(word)).map(|(_, word)| *word)
}

/// `busybox sh job`: many programs in one, and the next word says which.
fn applet<'w, 'a>(words: &'w [&'a [u8]]) -> &'w [&'a [u8]] {
    match words {
        [all, rest @ ..] if !rest.is_empty() && is_one_of("busybox toybox", base_name(all)) => rest,
        _ => words,
    }
}

fn is_one_of(list: &str, word: &[u8]) -> bool {
    list.split(' ').any(|one| one.as_bytes() == word)
}

impl Interpreter {
    /// The interpreter of this name: `/usr/bin/python3.11`, `-bash` (a login shell), `python3.13t` (free-threaded).
    fn called(path: &[u8]) -> Option<&'static Interpreter> {
        let base = base_name(path);
        let base = base.strip_prefix(b"-").unwrap_or(base);
        let base = base.strip_suffix(b"-dbg").unwrap_or(base);
        let base = match base {
            [build @ .., b't' | b'd'] if build.starts_with(b"python3") => build,
            _ => base,
        };
        let version = |b: &u8| b.is_ascii_digit() || *b == b'.';
        let end = base.iter().rposition(|b| !version(b))? + 1;
        let name = base[..end].strip_suffix(b"-").unwrap_or(&base[..end]);
        INTERPRETERS.iter().find(|one| is_one_of(one.names, name))
    }

    /// What it runs with these arguments, the first of which is its own name.
    fn script<'a>(&self, words: &[&'a [u8]]) -> Option<&'a [u8]> {
        let mut words = words.iter().skip(1).copied();
        while let Some(word) = words.next() {
            match word {
                b"--" => return words.next().filter(|_| self.operand),
                b"-" if self.style == Style::Shell => return words.next(),
                b"-" => return None, // standard input
                [b'-', ..] if self.style == Style::Words || word.starts_with(b"--") => {
                    let (option, value) = match memchr::memchr(b'=', word) {
                        Some(at) => (&word[..at], Some(&word[at + 1..])),
                        None => (word, None),
                    };
                    if is_one_of(self.inline, option) {
                        return None;
                    }
                    if is_one_of(self.script, option) {
                        return value.or_else(|| words.next());
                    }
                    if value.is_none() && is_one_of(self.valued, option) {
                        words.next();
                    }
                }
                [b'-', letters @ ..] => {
                    for (at, &letter) in letters.iter().enumerate() {
                        let option = [b'-', letter];
                        let rest = &letters[at + 1..];
                        let glued = self.style == Style::Letters && !rest.is_empty();
                        if is_one_of(self.inline, &option) {
                            return None;
                        }
                        if is_one_of(self.script, &option) {
                            return if glued { Some(rest) } else { words.next() };
                        }
                        let valued = is_one_of(self.valued, &option);
                        if valued && !glued {
                            words.next();
                        }
                        if valued && glued || is_one_of(self.glued, &option) || matches!(letter, b':' | b'=')
                        {
                            break;
                        }
                    }
                }
                [b'+', _, ..] if self.style == Style::Shell => {
                    if word.ends_with(b"o") || word.ends_with(b"O") {
                        words.next();
                    }
                }
                // java's file of more arguments
                [b'@', ..] if self.style == Style::Words => {}
                _ if is_one_of(self.inline, word) => return None,
                _ if is_one_of(self.before, word) => {}
                _ => return Some(word).filter(|_| self.operand),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_interpreter_runs() {
        for (line, script) in [
            ("python3 /opt/x/job.py", Some("/opt/x/job.py")),
            ("/usr/bin/python3.11 -u job.py -c x", Some("job.py")),
            ("python3 -W ignore -X dev -uE job.py", Some("job.py")),
            ("python3 -Wignore -Xdev job.py", Some("job.py")),
            ("python3 -m http.server 8000", Some("http.server")),
            ("python3 -Im http.server", Some("http.server")),
            ("python3 -mhttp.server", Some("http.server")),
            ("python3 -uc x job.py", None),
            ("python3 - job.py", None),
            ("python3", None),
            ("bash -x job", Some("job")),
            ("-bash", None),
            ("bash -eo pipefail job", Some("job")),
            ("bash -oe pipefail job", Some("job")),
            ("bash +o posix -O extglob --rcfile /dev/null --norc job a", Some("job")),
            ("bash --rcfile=x job", Some("job")),
            ("sh -ec job", None),
            ("sh -s job", None),
            ("sh -- -job", Some("-job")),
            ("sh", None),
            ("perl -w x.pl", Some("x.pl")),
            ("perl -I lib -Ilib -Mstrict -d:NYTProf x.pl", Some("x.pl")),
            ("perl -lane x", None),
            ("perl -i.bake x.pl", Some("x.pl")),
            ("ruby -rset -I lib -W:no-experimental x.rb", Some("x.rb")),
            ("ruby --disable gems x.rb", Some("x.rb")),
            ("ruby -ne x", None),
            ("node --flag app.js", Some("app.js")),
            ("node -r ./hook --max-old-space-size=99 inspect app.js", Some("app.js")),
            ("nodejs18 --require=x app.js", Some("app.js")),
            ("node -pe 1 app.js", None),
            ("deno run --allow-net main.ts", Some("main.ts")),
            ("deno eval 1", None),
            ("php8.2 -d a=b -f x.php", Some("x.php")),
            ("php artisan serve", Some("artisan")),
            ("php -S localhost:1 x.php", None),
            ("lua5.4 -e a=1 x.lua", Some("x.lua")),
            ("lua -e a=1", None),
            ("tclsh8.6 -encoding utf-8 x.tcl", Some("x.tcl")),
            ("Rscript --vanilla x.R", Some("x.R")),
            ("/usr/lib/R/bin/exec/R --no-echo --no-restore --file=x.R --args y", Some("x.R")),
            ("R --no-save", None),
            ("awk -F: -v a=1 -f x.awk data", Some("x.awk")),
            ("mawk -fx.awk", Some("x.awk")),
            ("awk 1 data", None),
            ("java -Xmx1g -cp a:b -jar app.jar x", Some("app.jar")),
            ("java @options --class-path a com.example.Main", Some("com.example.Main")),
            ("java --module=m/c", Some("m/c")),
            ("guile-3.0 -e main -s x.scm", Some("x.scm")),
            ("pwsh -NoProfile -File x.ps1", Some("x.ps1")),
            ("/usr/libexec/platform-python3.6 -Es /usr/sbin/tuned", Some("/usr/sbin/tuned")),
            ("python3.13t job.py", Some("job.py")),
            ("python3.11-dbg job.py", Some("job.py")),
            ("sh - job", Some("job")),
            ("perl - job", None),
            ("node --report-signal SIGUSR2 --env-file-if-exists .env app.js", Some("app.js")),
            ("deno serve --port 80 main.ts", Some("main.ts")),
            ("java -jar -Dx=y -Xmx1g app.jar", Some("app.jar")),
            ("java -jar", None),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let found = Interpreter::called(words[0]).expect(line).script(&words);
            assert_eq!(found, script.map(str::as_bytes), "{line}");
        }
    }

    #[test]
    fn many_programs_in_one() {
        for (line, own) in [
            ("busybox sh job", "sh"),
            ("/bin/busybox awk -f x", "awk"),
            ("busybox", "busybox"),
            ("sh busybox", "sh"),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            assert_eq!(applet(&words)[0], own.as_bytes(), "{line}");
        }
    }

    #[test]
    fn programs_that_are_no_interpreters() {
        for path in
            ["pythond", "python3.12x", "sleep", "", "/", "3", "/usr/bin/vim", "bashful", "pythonic", "sh/cat"]
        {
            assert!(Interpreter::called(path.as_bytes()).is_none(), "{path}");
        }
    }

    #[test]
    fn the_kernel_names_a_process_after_the_script() {
        for (name, line, script) in [
            ("job", "/opt/interpreter /opt/x/job", Some("/opt/x/job")),
            ("job", "/opt/interpreter -x /opt/x/job", Some("/opt/x/job")),
            ("job", "/opt/interpreter job", Some("job")),
            (
                "a-name-of-15-by",
                "/opt/interpreter ./a-name-of-15-bytes-and-more",
                Some("./a-name-of-15-bytes-and-more"),
            ),
            ("outer", "/bin/sh /opt/inner /opt/outer a", Some("/opt/outer")),
            ("job", "/opt/interpreter --name job", None),
            ("job", "/opt/job /opt/x/job", None),
            ("other", "/opt/interpreter job", None),
            ("", "/opt/interpreter ", None),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            assert_eq!(by_name(name.as_bytes(), &words), script.map(str::as_bytes), "{line}");
        }
    }
}
