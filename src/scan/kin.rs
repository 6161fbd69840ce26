//! The matches, and the processes that are selected because of them.

use std::collections::{BTreeMap, BTreeSet};

use super::matches::{Match, unknown};
use crate::error::Error;
use crate::plan::{Kin, Plan};
use crate::proc::{Facts, ProcDir, Process, Relation};
use crate::request::Pid;
use crate::select::{Selected, with_kin};

/// `relations` are those of all processes that are visible.
pub fn add(
    plan: &Plan,
    kin: &Kin,
    matches: Vec<Match>,
    mut relations: Vec<Relation>,
) -> Result<Vec<Match>, Error> {
    let proc = ProcDir::named()?;
    let mut process = Process::new(&proc);
    add_hidden(&mut relations, &mut process);
    let ids = matches.iter().filter_map(|found| Some((found.pid, found.start_time?))).collect();
    let mut matches: BTreeMap<Pid, Match> = matches.into_iter().map(|found| (found.pid, found)).collect();
    let mut selected = vec![];
    for Selected { relation, reason, below } in with_kin(&relations, &ids, kin.tree, kin.whole_group) {
        let mut found = match matches.remove(&relation.pid) {
            Some(found) => found,
            None if kin.protected.contains(&relation.pid) => continue,
            None => {
                process.select(relation.pid);
                match Match::read(plan, &mut process) {
                    Ok(found) if found.start_time == Some(relation.start_time) => Match { reason, ..found },
                    Ok(_) => continue,
                    Err(why) => {
                        unknown(relation.pid, why)?;
                        continue;
                    }
                }
            }
        };
        found.below = below;
        found.group = kin.whole_group.then_some(relation.group);
        selected.push(found);
    }
    // A match that exited before its relation was read.
    selected.extend(matches.into_values());
    if !kin.top_down {
        selected.sort_by_key(|found| found.pid);
    }
    Ok(selected)
}

/// A process that is hidden from us (`hidepid` of proc(5)) may have descendants that are not. Its pidfd still reports the
/// parent (Linux 6.13).
fn add_hidden(relations: &mut Vec<Relation>, process: &mut Process<'_>) {
    let mut known: BTreeSet<Pid> = relations.iter().map(|relation| relation.pid).collect();
    let mut missing: Vec<Pid> = relations.iter().map(|relation| relation.parent).collect();
    while let Some(pid) = missing.pop() {
        if pid == 0 || !known.insert(pid) {
            continue;
        }
        process.select(pid);
        if let Ok(parent) = process.parent() {
            // Nothing else of it can be read, so it is never selected itself: no process starts at boot time 0.
            relations.push(Relation { pid, parent, group: 0, start_time: 0 });
            missing.push(parent);
        }
    }
}
