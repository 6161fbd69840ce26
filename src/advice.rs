//! Advice for a user at a terminal when nothing matches: a similar command line that would match.
//!
//! It costs further scans, so only a user at a terminal gets it, and not a pipe or a script.

use std::sync::Arc;

use crate::accounts;
use crate::cli::CompletionRequest;
use crate::cli::kind::Kind;
use crate::complete;
use crate::plan::Plan;
use crate::request::{
    Account, Action, Criterion, Listing, ProcessList, ProcessRef, Program, Reading, Request, Selection,
    Separator, Style, Subject,
};
use crate::scan::{self, Matches};
use crate::similar::nearest;
use crate::view::View;

/// How many owners are named.
const OWNERS_MAX: usize = 3;

/// One line, if anything can be advised.
pub(crate) fn advice(request: &Request) -> Option<String> {
    let selection = &request.selection;
    if selection.inverse || selection.reads_stdin() {
        return None;
    }
    by_pattern(request)
        .or_else(|| by_command_line(request))
        .or_else(|| by_reading(request))
        .or_else(|| by_owner(request))
        .or_else(|| by_unit(selection))
}

/// The user names that exist and resemble one that does not: advice for a run that ended with that error.
pub(crate) fn user(request: &Request) -> Option<String> {
    let accounts = request.selection.criteria.iter().filter_map(|criterion| match criterion {
        Criterion::EffectiveUsers(accounts) | Criterion::RealUsers(accounts) => Some(accounts),
        _ => None,
    });
    let unknown = accounts.flatten().find_map(|account| match account {
        Account::Name(name) if accounts::uid(name).is_none() => name.to_str(),
        Account::Name(_) | Account::Id(_) => None,
    });
    nearest(unknown?, candidates(Kind::Users)).map(|name| format!("did you mean '{name}'?"))
}

/// The pattern is probably a process ID, a duration, a port, or a Perl regular expression.
fn by_pattern(request: &Request) -> Option<String> {
    let pattern = str::from_utf8(request.selection.pattern.as_deref()?).ok()?;
    let waits_without_limit =
        request.sending().and_then(|sending| sending.wait).is_some_and(|wait| wait.limit.is_none());
    if let Ok(pid) = pattern.parse() {
        let is_process = count(request, |selection| {
            selection.pattern = None;
            selection.criteria.push(Criterion::Pids(ProcessList::Given(vec![ProcessRef::Pid(pid)])));
        });
        return match is_process {
            0 if waits_without_limit => Some(format!("to wait at most {pid} seconds, use --wait={pid}")),
            0 => None,
            _ => Some(format!("{pid} is a process ID: use -p {pid}")),
        };
    }
    let port = pattern.strip_prefix(':').unwrap_or(pattern);
    let number = port.strip_prefix("tcp:").or(port.strip_prefix("udp:")).unwrap_or(port);
    if number.len() < pattern.len() && number.parse::<u16>().is_ok() {
        return Some(format!("to select by port, use --port {port}"));
    }
    let reading = request.selection.reading;
    (!reading.plain && pattern.contains("\\d"))
        .then(|| "\\d in a pattern is the letter d: use [0-9]".to_owned())
}

/// Command lines match, though no name does.
fn by_command_line(request: &Request) -> Option<String> {
    if request.selection.reading.subject == Subject::CommandLine {
        return None;
    }
    match read_as(request, |reading| reading.subject = Subject::CommandLine) {
        0 => None,
        1 => Some("1 command line matches: use -f".to_owned()),
        n => Some(format!("{n} command lines match: use -f")),
    }
}

/// Another reading of the pattern matches.
fn by_reading(request: &Request) -> Option<String> {
    let reading = request.selection.reading;
    let other_case = Reading { ignore_case: true, ..reading };
    let plain = Reading { plain: true, ..reading };
    let part = Reading { whole: false, ..reading };
    let ways = [(other_case, "with -i"), (plain, "with --fixed-strings"), (part, "without -x")];
    ways.into_iter().filter(|(other, _)| *other != reading).find_map(|(other, how)| {
        match read_as(request, |reading| *reading = other) {
            0 => None,
            n => Some(format!("{} {how}", processes_match(n))),
        }
    })
}

/// Processes of other users match.
fn by_owner(request: &Request) -> Option<String> {
    let is_user =
        |criterion: &Criterion| matches!(criterion, Criterion::EffectiveUsers(_) | Criterion::RealUsers(_));
    if !request.selection.criteria.iter().any(is_user) || request.selection.pattern.is_none() {
        return None;
    }
    let others = scan(request, Style::Verbose, |selection| selection.criteria.retain(|one| !is_user(one)))?;
    let mut owners: Vec<u32> = others
        .found
        .iter()
        .filter_map(|found| match &found.view {
            View::Full(full) => Some(full.about.effective_uid),
            View::Id | View::Text(..) | View::Words(..) | View::Row(_) => None,
        })
        .collect();
    owners.sort_unstable();
    owners.dedup();
    let names =
        owners.iter().take(OWNERS_MAX).map(|&uid| accounts::user_name(uid).to_string_lossy().into_owned());
    let names: Vec<String> = names.collect();
    let more = if owners.len() > OWNERS_MAX { " and others" } else { "" };
    (!names.is_empty())
        .then(|| format!("{}, owned by {}{more}", processes_match(others.found.len()), names.join(", ")))
}

/// A unit has nearly this name.
fn by_unit(selection: &Selection) -> Option<String> {
    let (units, kind) = selection.criteria.iter().find_map(|criterion| match criterion {
        Criterion::Units(units) => Some((units, Kind::Units)),
        Criterion::UserUnits(units) => Some((units, Kind::UserUnits)),
        _ => None,
    })?;
    let existing = candidates(kind);
    let similar = units.iter().find_map(|unit| {
        let unit = unit.to_str()?;
        // A name without a suffix is that of a service.
        let full = if unit.contains('.') { unit.to_owned() } else { format!("{unit}.service") };
        nearest(&full, existing.iter().cloned()).filter(|name| *name != full)
    })?;
    Some(format!("did you mean unit '{similar}'?"))
}

fn processes_match(n: usize) -> String {
    if n == 1 { "1 process matches".to_owned() } else { format!("{n} processes match") }
}

fn candidates(kind: Kind) -> Vec<String> {
    let request = CompletionRequest { kind, reading: Reading::default(), word: vec![] };
    let found = complete::candidates(&request).unwrap_or_default();
    found.into_iter().filter_map(|candidate| String::from_utf8(candidate.text).ok()).collect()
}

/// How many processes match with another reading of the patterns.
fn read_as(request: &Request, change: impl FnOnce(&mut Reading)) -> usize {
    match request.selection.pattern {
        Some(_) => count(request, |selection| change(&mut selection.reading)),
        None => 0,
    }
}

fn count(request: &Request, change: impl FnOnce(&mut Selection)) -> usize {
    scan(request, Style::Quiet, change).map_or(0, |matches| matches.found.len())
}

/// The matches of another selection. Callers have the pattern in their arguments, so ancestors are excluded.
fn scan(request: &Request, style: Style, change: impl FnOnce(&mut Selection)) -> Option<Matches> {
    let mut request = Request { program: Program::Pgrep, style, strict: false, ..request.clone() };
    let separator = Separator::Nul;
    request.action = Action::List(Listing { id: false, label: None, columns: None, separator });
    request.selection.skip_ancestors = true;
    change(&mut request.selection);
    scan::scan(&Arc::new(Plan::new(&request).ok()?)).ok()
}
