//! What a consumer of the published schema relies on: documents of this version conform to it ([`document`] checks each
//! one that a test reads), and documents of earlier versions conform to today's schema.

use serde_json::{Value, json};

use crate::support::{Run, Victim, breach, document, rejection};

/// Documents of the first version with schema 2.
const PUBLISHED: &str = include_str!("../support/published/documents.2.jsonl");

#[test]
fn documents_of_earlier_versions_are_valid() {
    let documents: Vec<Value> =
        PUBLISHED.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for document in &documents {
        assert_eq!((breach(document), rejection(document)), (None, None), "{document:#}");
    }
    let targets = documents.iter().filter_map(|document| document["targets"].as_array()).flatten();
    let outcomes: std::collections::BTreeSet<&str> =
        targets.filter_map(|target| target["outcome"].as_str()).collect();
    assert!(outcomes.len() > 5 && PUBLISHED.contains("explanations"), "{outcomes:?}");
}

/// The check itself: a member may be added anywhere, and none of the published ones may be lost or change its form.
#[test]
fn additions_are_no_breach_and_other_changes_are() {
    let victim = Victim::spec().spawn();
    let valid = document(&Run::ours("pkill").args(["-0", "--json", "-x", victim.name()]).run());
    for at in ["", "/criteria/more", "/summary", "/targets/0", "/signal", "/invoker"] {
        let mut more = valid.clone();
        let Some(object) = more.pointer_mut(at).and_then(Value::as_object_mut) else { continue };
        object.insert("more".into(), json!(1));
        assert_eq!((breach(&more), rejection(&more)), (None, None), "{at}");
    }
    for (at, member) in [
        ("", "summary"),
        ("", "targets"),
        ("/summary", "matched"),
        ("/targets/0", "pid"),
        ("/targets/0", "errno"),
        ("/signal", "name"),
    ] {
        for value in [None, Some(json!([0]))] {
            let mut other = valid.clone();
            let object = other.pointer_mut(at).and_then(Value::as_object_mut).expect("an object");
            object.remove(member).expect(member);
            object.extend(value.map(|value| (member.to_owned(), value)));
            assert!(breach(&other).is_some(), "{at}/{member}: {other}");
        }
    }
}
