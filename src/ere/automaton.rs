//! From the tree to the automaton that searches.

use regex_automata::{MatchKind, meta, nfa::thompson::WhichCaptures};
use regex_syntax::hir::Hir;

use super::error::{PatternError, Result};

/// How much memory the states of an automaton may take: `.{32767}` is valid and needs about half of it,
/// six nested `{20}` would fill any machine.
const NFA_SIZE_LIMIT: usize = 64 << 20;

/// Compiles a tree.
///
/// The automaton says only whether there is a match, so it keeps no captures. Prefilters cost more to build
/// than a scan of all names can save. The full DFA must stay off, whatever features another crate
/// of the build turns on: regex-automata 0.4.18 finds matches with it that are none (`[a-z]x.*x[a-z]` in `axx!`).
pub(super) fn compile(hir: &Hir) -> Result<meta::Regex> {
    build(hir, meta::Config::new().which_captures(WhichCaptures::None))
}

/// Compiles a tree to an automaton that says where a match is, which takes the captures of the whole match.
pub(super) fn compile_for_spans(hir: &Hir, kind: MatchKind) -> Result<meta::Regex> {
    build(hir, meta::Config::new().which_captures(WhichCaptures::Implicit).match_kind(kind))
}

fn build(hir: &Hir, config: meta::Config) -> Result<meta::Regex> {
    let config =
        config.utf8_empty(false).nfa_size_limit(Some(NFA_SIZE_LIMIT)).auto_prefilter(false).dfa(false);
    meta::Builder::new().configure(config).build_from_hir(hir).map_err(|_| PatternError::TooBig)
}
