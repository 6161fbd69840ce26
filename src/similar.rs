//! How similar two names are, for hints.

/// How similar two names must be (Jaro-Winkler, 0 to 1). `exat` and `exact` are, `kill` and `all` are not.
const SIMILAR: f64 = 0.85;

/// The name that resembles the word most, if any resembles it enough.
pub(crate) fn nearest(word: &str, names: impl IntoIterator<Item = String>) -> Option<String> {
    let similar = names.into_iter().map(|name| (strsim::jaro_winkler(word, &name), name));
    let (similarity, name) = similar.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (similarity >= SIMILAR).then_some(name)
}
