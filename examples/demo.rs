//! The main job, safely: the demo starts a process of its own, finds it, signals it, and waits for its exit.
//!
//! `pgrep`, `pkill`, `pidwait` and the process are this executable under other names, so that nothing has to be
//! installed. Only that process can be hit: its name is unique, and `-P` restricts the match to the demo's children.

use std::ffi::CString;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};

use pkill::Program;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_default().into_string().unwrap_or_default();
    let program = match name.as_str() {
        "pgrep" => Program::Pgrep,
        "pkill" => Program::Pkill,
        "pidwait" => Program::Pidwait,
        _ if name.starts_with("demo-") => return live(name),
        _ => return show(),
    };
    std::process::exit(pkill::run(program, name.as_ref(), args).code())
}

/// The process: it sets its name, reports that it is ready, and runs until a signal or the exit of the demo.
fn live(name: String) -> Result<()> {
    rustix::thread::set_name(&CString::new(name)?)?;
    println!("ready");
    std::io::stdin().read_to_end(&mut vec![])?;
    Ok(())
}

fn show() -> Result<()> {
    let parent = std::process::id().to_string();
    let name = format!("demo-{parent}");
    let mut process = start(&[&name])?;
    first_line(&mut process)?;
    println!("A process has been started: PID {}, name {name}, parent {parent}.", process.id());

    let only_ours = ["-P", &parent, "-x", &name];
    let with = |words: &[&'static str]| [words, &only_ours].concat();
    run(&with(&["pgrep", "-l"]))?;
    run(&with(&["pkill", "-0"]))?;

    let command = with(&["pidwait", "-e"]);
    println!("\n$ {} &", command.join(" "));
    let mut pidwait = start(&command)?;
    print!("{}", first_line(&mut pidwait)?);
    run(&with(&["pkill", "-TERM", "-e"]))?;
    println!("pidwait has returned:{}", outcome(pidwait.wait()?));
    println!("The process has exited:{}", outcome(process.wait()?));
    run(&with(&["pgrep", "-l"]))
}

/// Runs a command until it exits, and shows it as a shell would.
fn run(command: &[&str]) -> Result<()> {
    println!("\n$ {}", command.join(" "));
    let mut child = start(command)?;
    let output = std::io::read_to_string(child.stdout.take().ok_or("no pipe")?)?;
    println!("{output}  ->{}", outcome(child.wait()?));
    Ok(())
}

fn start(command: &[&str]) -> Result<Child> {
    let mut child = Command::new(std::env::current_exe()?);
    child.arg0(command[0]).args(&command[1..]).stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(child.spawn()?)
}

fn first_line(child: &mut Child) -> Result<String> {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().ok_or("no pipe")?).read_line(&mut line)?;
    Ok(line)
}

fn outcome(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!(" exit status {code}"),
        (_, Some(signal)) => format!(" killed by signal {signal}"),
        _ => String::new(),
    }
}
