//! `--choose`: all matches are pinned before the user sees them, and held until the choice is carried out.

use std::sync::Arc;

use super::delivery::{Delivery, Finish};
use super::delta::Delta;
use super::target::{State, TargetIndex};
use super::verify::Scope;
use crate::error::Error;
use crate::plan::{Plan, Tokens};
use crate::report::Outcome;
use crate::scan::Match;
use crate::sys;

/// Pin the matches and let the user choose. What was not chosen is released, and so is what exited before it could be
/// offered.
pub(super) fn pin_chosen(delivery: &mut Delivery<'_>, delta: Delta) -> Result<(), Error> {
    sys::raise_descriptor_limit();
    let plan = Arc::clone(&delivery.plan);
    let (detail, tokens) = (plan.detail.with_row(), Tokens::AtDelivery);
    delivery.plan = Arc::new(Plan { detail, tokens, ..Plan::clone(&plan) });
    let held: Vec<_> = delta.new.into_iter().filter_map(|found| delivery.hold(found, true)).collect();
    delivery.plan = plan;
    if held.is_empty() {
        return Ok(());
    }
    let found: Vec<&Match> = held.iter().map(|&at| &delivery.targets[at].found).collect();
    let sending = delivery.request.sending();
    let default = sending.filter(|sending| sending.chooses_signal).map(|sending| sending.signal);
    let signal = sending.map(|sending| sending.signal).filter(|_| default.is_none());
    let chosen = delivery.observer.choose(&found, signal)?;
    let mut chosen: Vec<TargetIndex> = chosen.into_iter().map(|at| held[at]).collect();
    let too_many = delivery.request.at_most.is_some_and(|most| chosen.len() > most);
    if let Some(default) = default.filter(|_| !chosen.is_empty() && !too_many) {
        delivery.chosen_signal = delivery.observer.choose_signal(default)?;
        if delivery.chosen_signal.is_none() {
            chosen.clear();
        }
    }
    if delivery.plan.tokens == Tokens::Unread {
        delivery.targets.indices().for_each(|at| delivery.targets[at].found.token = None);
    }
    for at in delivery.targets.indices().filter(|at| chosen.binary_search(at).is_err()) {
        let state = &mut delivery.targets[at].state;
        if !matches!(state, State::Settled(Outcome::Failed(_))) {
            *state = State::Unchosen;
        }
    }
    if chosen.is_empty() {
        delivery.finish = Some(Finish::NoneChosen);
    } else if too_many {
        delivery.finish = Some(Finish::TooMany);
    }
    Ok(())
}

/// pgrep and pidwait: list each one, or wait for it, if it is still what was chosen.
pub(super) fn settle_chosen(delivery: &mut Delivery<'_>, outcome: Outcome) {
    for at in delivery.targets.indices() {
        if !matches!(delivery.targets[at].state, State::Pinned(_)) {
            continue;
        }
        match delivery.verify_held(at, Scope::Itself) {
            Err(outcome) => delivery.targets[at].state = State::Settled(outcome),
            Ok(()) => {
                if outcome == Outcome::Awaited {
                    delivery.observer.on_signalled(&delivery.targets[at].found);
                }
                delivery.signalled(at, outcome, None);
            }
        }
    }
}
