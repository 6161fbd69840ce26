use std::any::Any;
use std::collections::BTreeMap;

use crate::support::{Dir, Run, Spec, Victim, cgroup, own_pid};

/// The processes a case runs among: fresh for every case and implementation, and found by a name that no
/// other process has.
pub struct Scene {
    tag: String,
    pub(super) victims: BTreeMap<&'static str, Victim>,
    dir: Dir,
    kept: Vec<Box<dyn Any>>,
    words: Vec<(String, String)>,
}

impl Scene {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        // 11 characters, unique among all running tests; a label makes the name of a victim from it.
        let tag = Victim::spec().tag();
        Self { tag, victims: BTreeMap::new(), dir: Dir::new(), kept: Vec::new(), words: Vec::new() }
    }

    /// A victim that cases name as `{label}` (its name, the tag and the label, at most 4 characters) and
    /// `{label.pid}`, `{label.tty}`,
    /// `{label.tids}` (one per line).
    pub fn add(&mut self, label: &'static str, part: impl FnOnce(Spec) -> Spec) -> &mut Victim {
        assert!(label.len() <= 4, "a name has 15 bytes");
        self.adopt(label, part(Victim::named(format!("{}{label}", self.tag))).spawn())
    }

    /// A victim with a name of another kind.
    pub fn adopt(&mut self, label: &'static str, victim: Victim) -> &mut Victim {
        self.victims.insert(label, victim);
        self.victims.get_mut(label).expect("just added")
    }

    /// The victim of that label.
    pub fn get(&mut self, label: &str) -> &mut Victim {
        self.victims.get_mut(label).expect("a victim of that label")
    }

    /// The part of the names that all victims share.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// A directory that lives as long as the scene: `{dir}`.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Keeps something as long as the scene: an open file with its locks, or a process tree.
    pub fn keep(&mut self, thing: impl Any) {
        self.kept.push(Box::new(thing));
    }

    /// Defines `{word}` for cases.
    pub fn define(&mut self, word: &str, value: &str) {
        self.words.push((format!("{{{word}}}"), value.to_owned()));
    }

    /// Fills in `{tag}`, `{self}` (the PID of the test), `{dir}`, `{cgroup}`, `{uid}`, `{gid}` (ours), `{program}` and
    /// what [`Scene::add`] names.
    pub fn fill(&self, text: &str, program: &str) -> String {
        let mut text = text
            .replace("{tag}", &self.tag)
            .replace("{self}", &own_pid())
            .replace("{program}", program)
            .replace("{uid}", &rustix::process::geteuid().as_raw().to_string())
            .replace("{gid}", &rustix::process::getegid().as_raw().to_string())
            .replace("{cgroup}", &cgroup("self").unwrap_or_default())
            .replace("{dir}", self.dir.path().to_str().expect("UTF-8"));
        for (word, value) in &self.words {
            text = text.replace(word, value);
        }
        for (label, victim) in &self.victims {
            text = text
                .replace(&format!("{{{label}}}"), &String::from_utf8_lossy(victim.comm()))
                .replace(&format!("{{{label}.pid}}"), &victim.pid().to_string());
            let threads = format!("{{{label}.tids}}");
            if text.contains(&threads) {
                text = text.replace(&threads, &victim.threads().join("\n"));
            }
            if text.contains(&format!("{{{label}.tty}}")) {
                text = text.replace(&format!("{{{label}.tty}}"), victim.terminal());
            }
        }
        text
    }
}

/// A cast of two processes: `{as} {pkill}` runs pkill as a user that may signal `{a}`, and not `{b}`. Needs root and
/// setpriv(1).
pub fn one_of_two_may_be_signalled(scene: &mut Scene) {
    scene.add("a", |part| part.uids(60_001, 60_001, 60_001).dumpable());
    scene.add("b", |part| part);
    let pkill = Run::ours("pkill").program().to_owned();
    let file = scene.dir().executable(&pkill);
    scene.define("as", "setpriv --reuid 60001 --regid 60001 --clear-groups");
    scene.define("pkill", file.to_str().expect("UTF-8"));
}
