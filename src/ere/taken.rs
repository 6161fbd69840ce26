//! The ASCII characters that a match may have in it.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A set of ASCII characters, a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken(u128);

impl Taken {
    /// All: the pattern depends on what is next to the match.
    const ALL: Taken = Taken(u128::MAX);

    /// The characters of a literal.
    pub(super) fn by_literal(text: &[u8]) -> Taken {
        Taken(text.iter().filter(|byte| byte.is_ascii()).fold(0, |set, &byte| set | 1 << byte))
    }

    /// The characters of a tree.
    pub(super) fn by(hir: &Hir) -> Taken {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(Look::Start | Look::End) => Taken(0),
            HirKind::Look(_) => Taken::ALL,
            HirKind::Literal(text) => Taken::by_literal(&text.0),
            HirKind::Class(Class::Bytes(class)) => class
                .iter()
                .fold(Taken(0), |all, range| all | Taken::range(range.start().into(), range.end().into())),
            HirKind::Class(Class::Unicode(class)) => class
                .iter()
                .fold(Taken(0), |all, range| all | Taken::range(range.start().into(), range.end().into())),
            HirKind::Repetition(repetition) => Taken::by(&repetition.sub),
            HirKind::Capture(capture) => Taken::by(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                parts.iter().fold(Taken(0), |all, part| all | Taken::by(part))
            }
        }
    }

    fn range(first: u32, last: u32) -> Taken {
        (first..=last.min(127)).fold(Taken(0), |set, byte| Taken(set.0 | 1 << byte))
    }

    /// Whether one of these is among them.
    pub(super) fn has_any(self, of: &[u8]) -> bool {
        self.0 & Taken::by_literal(of).0 != 0
    }
}

impl std::ops::BitOr for Taken {
    type Output = Taken;

    fn bitor(self, other: Taken) -> Taken {
        Taken(self.0 | other.0)
    }
}
