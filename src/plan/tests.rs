//! [`Plan`]: what a request leads to.

use std::time::Duration;

use super::*;
use crate::proc::NamedProcesses;
use crate::request::{Columns, Label, ProcessList, ProcessRef, Program, Reading, Separator, Subject, Wait};

fn lists(label: Option<Label>) -> Action {
    Action::List(Listing { id: false, columns: None, label, separator: Separator::Nul })
}

fn request(action: Action) -> Request {
    Request::new(Program::Pkill, Selection::default(), action)
}

/// A process is compared by its start time where it was picked by that, or is held for longer than a moment. Reads are
/// limited where another process can hold them up.
#[test]
fn what_is_compared_and_what_is_limited() {
    let own = || vec![Criterion::Pids(ProcessList::Given(vec![ProcessRef::Pid(proc::own_pid())]))];
    let by = |criteria| Selection { criteria, ..Selection::default() };
    let line = Reading { subject: Subject::CommandLine, ..Reading::default() };
    let waits = || Action::Wait { echo: None, wait: Wait::default() };
    let base = || request(lists(None));
    let label = Label { subject: Subject::CommandLine, quoted: false };
    let column = |name: &[u8]| {
        let list = vec![crate::column::find(name).expect("a column")];
        let columns = Some(Columns { list, quoted: false });
        let separator = Separator::Nul;
        request(Action::List(Listing { id: false, columns, label: None, separator }))
    };
    for (index, (request, is_compared, is_limited)) in [
        (base(), false, false),
        (Request { selection: Selection { pick: Pick::Newest, ..by(vec![]) }, ..base() }, true, false),
        (Request { selection: by(own()), ..base() }, false, false),
        (request(waits()), true, false),
        (Request { chooses: true, ..base() }, true, true),
        (Request { selection: Selection { tree: true, ..by(vec![]) }, ..base() }, true, false),
        (request(lists(Some(label))), false, true),
        (column(b"pid"), false, false),
        (column(b"args"), false, true),
        (
            Request {
                selection: Selection { pattern: Some(b"a".to_vec()), reading: line, ..by(vec![]) },
                ..base()
            },
            false,
            true,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        for read_timeout in [None, Some(Duration::from_secs(1))] {
            let request = Request { read_timeout, ..request.clone() };
            let plan = Plan::new(&request).expect("a plan");
            let limited = plan.read_timeout.is_some();
            let expected = (is_compared, is_limited && read_timeout.is_some());
            assert_eq!((plan.verify_start_time, limited), expected, "row {index}");
        }
    }
}

#[test]
fn listed_processes_need_no_walk_unless_others_may_match() {
    let tests = [Test::Zombie, Test::Pid([7, 5, 7].map(NamedProcess::number).into_iter().collect())];
    let listed = Candidates::Listed(vec![5, 7]);
    for (inverse, threads, expands, expected) in [
        (false, false, false, &listed),
        (true, false, false, &Candidates::All),
        (false, false, true, &Candidates::All),
        (false, true, false, &Candidates::Threads),
    ] {
        let selection = Selection { inverse, threads, ..Selection::default() };
        assert_eq!(candidates(&selection, &tests, expands), *expected);
        assert_ne!(candidates(&selection, &tests[..1], expands), listed);
        let nothing = [Test::Pid(NamedProcesses::default())];
        assert_eq!(candidates(&selection, &nothing, expands), Candidates::Listed(vec![]));
    }
}

/// To read more takes time, and what another process can hold up would be read for nothing.
#[test]
fn only_what_will_be_printed_is_read() {
    let label = |subject| Some(Label { subject, quoted: false });
    let waits = |echo| Action::Wait { echo, wait: Wait::default() };
    let (name, line) = (label(Subject::Name), label(Subject::CommandLine));
    let labelled = |label: Option<Label>| label.map_or(Detail::Id, Detail::Label);
    let full = |is_document: bool| {
        let described = Described { arguments: is_document, all_threads: false };
        Detail::Full(described, Context { row: !is_document, ..Context::default() })
    };
    use Style::{Json, Plain, Quiet, Verbose};
    for (style, count, action, expected) in [
        (Plain, false, lists(None), Detail::Id),
        (Plain, false, lists(line), labelled(line)),
        (Plain, true, lists(line), Detail::Id),
        (Quiet, false, lists(line), Detail::Id),
        (Verbose, false, lists(None), full(false)),
        (Json, true, lists(None), full(true)),
        (Plain, false, waits(None), Detail::Id),
        (Plain, true, waits(name), labelled(name)),
        (Quiet, false, waits(name), Detail::Id),
    ] {
        let request = Request { style, count, ..request(action) };
        assert_eq!(detail(&request), expected, "{request:?}");
    }
}
