//! The sudoers(5) rule of pkill(1): what it permits, and what it does not.

use std::process::Command;

use crate::support::{Dir, NOBODY, Output, Run, Victim, namespace, need, succeed};

/// As in the manual; TAG is the name of the process.
const RULE: &str = "--signal USR1 --exact --uid root --";

/// A sudoers file with this rule for user nobody, mounted over /etc/sudoers in this mount namespace.
fn sudoers(dir: &Dir, file: &str, arguments: &str) {
    let rule = format!("Defaults !syslog\nnobody ALL=(root) NOPASSWD: {file} {arguments}\n");
    let path = dir.file("sudoers", rule);
    succeed(Command::new("chmod").arg("0440").arg(&path));
    succeed(Command::new("visudo").args(["-c", "-q", "-f"]).arg(&path));
    succeed(Command::new("mount").arg("--bind").arg(&path).arg("/etc/sudoers"));
}

#[test]
fn a_rule_allows_one_command_line() {
    namespace(|| {
        if !need("sudo") || !need("visudo") || !need("setpriv") {
            return;
        }
        let dir = Dir::new();
        let file = dir.executable(Run::ours("pkill").program());
        let file = file.to_str().expect("UTF-8");
        let mut right = Victim::spec().catch(libc::SIGUSR1).spawn();
        let name = right.name().to_owned();
        // A victim of the same name and another user; and one of root's with another name.
        let mut same = Victim::named(&name).catch(libc::SIGUSR1).owned_by(NOBODY).spawn();
        let mut other = Victim::spec().catch(libc::SIGUSR1).spawn();
        let sudo = |environment: &[(&str, &str)], args: &[&str]| -> Output {
            let run = Run::shell("exec sudo -n \"$0\" \"$@\"").args([file]).args(args);
            let run = run.through(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
            environment.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
        };
        let mut received =
            || [&mut right, &mut same, &mut other].map(|one| one.received().expect("it lives").len());
        sudoers(&dir, file, &format!("{RULE} {name}"));
        let allowed: Vec<&str> = RULE.split(' ').chain([&*name]).collect();

        for environment in
            [&[][..], &[("LD_PRELOAD", "/nowhere.so"), ("LC_ALL", "tr_TR.UTF-8"), ("POSIXLY_CORRECT", "1")]]
        {
            let output = sudo(environment, &allowed);
            assert_eq!((output.status, received()), (0, [1, 0, 0]), "{output:?}");
        }

        // Arguments after it, before it, instead of one.
        let also = |more: &[&'static str]| -> Vec<&str> { [&allowed[..], more].concat() };
        let before = |more: &[&'static str]| -> Vec<&str> { [more, &allowed[..]].concat() };
        let instead = |at: usize, word: &'static str| {
            let mut words = allowed.clone();
            words[at] = word;
            words
        };
        for args in [
            also(&["-u", "nobody"]),
            also(&["--tree"]),
            also(&[""]),
            before(&["--tree"]),
            before(&["--and=x"]),
            before(&["--inverse"]),
            before(&["-f"]),
            instead(1, "KILL"),
            instead(0, "--sig"),
            instead(2, "-x"),
            instead(2, "--exa"),
            instead(4, "nobody"),
            instead(6, "."),
            allowed[..6].to_vec(),
            vec![],
        ] {
            let output = sudo(&[], &args);
            assert!(output.status == 1 && output.err().starts_with("sudo: "), "{args:?}: {output:?}");
        }
        assert_eq!(received(), [0; 3]);

        // sudo compares the arguments joined by spaces: every other way to divide them is a usage error.
        for joints in 1..1_u32 << (allowed.len() - 1) {
            let mut args = vec![allowed[0].to_owned()];
            for (at, word) in allowed[1..].iter().enumerate() {
                match args.last_mut() {
                    Some(last) if joints >> at & 1 == 1 => *last += &format!(" {word}"),
                    _ => args.push((*word).to_owned()),
                }
            }
            let output = sudo(&[], &args.iter().map(String::as_str).collect::<Vec<_>>());
            assert!([1, 2].contains(&output.status), "{args:?}: {output:?}");
        }
        assert_eq!(received(), [0; 3]);

        // A wildcard permits other options.
        sudoers(&dir, file, "--signal USR1 --exact --uid root *");
        let output = sudo(&[], &["--signal", "USR1", "--exact", "--uid", "root", other.name()]);
        assert_eq!((output.status, other.received().map(|all| all.len())), (0, Some(1)), "{output:?}");
        succeed(Command::new("umount").args(["/etc/sudoers"]));
        succeed(Command::new("umount").args(["/etc/sudoers"]));
    });
}
