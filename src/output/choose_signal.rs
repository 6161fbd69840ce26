//! `--choose-signal`: a list of signals, to the same program, or a question on the terminal.

use super::chooser::Offer;
use super::screen::ANYWHERE;
use super::signals;
use super::writer::Output;
use crate::error::Error;
use crate::signal::Signal;

/// Those that are sent most, which are listed first.
const USUAL: [Signal; 9] = [
    Signal::TERM,
    Signal::KILL,
    Signal::HUP,
    Signal::INT,
    Signal::QUIT,
    Signal::STOP,
    Signal::CONT,
    Signal::USR1,
    Signal::USR2,
];

/// What `quit` is not: it is an answer to other questions, and would be the name of a signal.
const AMBIGUOUS: &str = "'quit' is ambiguous: 3 or sigquit is the signal, q is none";

impl Output {
    /// The signal that the user chooses. The end of the input means none.
    pub(super) fn choose_a_signal(&mut self, default: Signal) -> Result<Option<Signal>, Error> {
        let all = in_order(default, Signal::named());
        let offer = Offer {
            kind: "signal",
            prompt: "send which signal",
            lines: signals::lines(all.iter().copied(), ANYWHERE),
            keys: all.iter().map(|signal| signal.number().to_string()).collect(),
            option: "--no-multi",
            explains: None,
        };
        let Some(chosen) = offer.to_program()? else { return self.ask_for_signal(default) };
        match chosen[..] {
            [] => Ok(None),
            [place] => Ok(Some(all[place])),
            _ => Err(Error::fatal("more than one signal was chosen, so nothing was done")),
        }
    }

    /// The usual ones are listed, and any may be answered.
    fn ask_for_signal(&mut self, default: Signal) -> Result<Option<Signal>, Error> {
        let Some(terminal) = &mut self.terminal else { return Ok(None) };
        let listed = in_order(default, std::iter::empty());
        terminal.show_lines(&signals::lines(listed.into_iter(), terminal.screen()));
        let question = format!("send which signal? (a number or a name, empty: {default}, q: none) ");
        loop {
            let Some(answer) = terminal.ask_line(&question)? else { return Ok(None) };
            match answer.as_slice() {
                b"" => return Ok(Some(default)),
                b"q" | b"none" => return Ok(None),
                b"quit" => terminal.show_lines(&[AMBIGUOUS.to_owned()]),
                name => match std::str::from_utf8(name).ok().and_then(Signal::parse) {
                    None => {}
                    signal => return Ok(signal),
                },
            }
        }
    }
}

/// The default first, then the usual ones, then the others.
fn in_order(default: Signal, others: impl Iterator<Item = Signal>) -> Vec<Signal> {
    let mut all = vec![default];
    for signal in USUAL.into_iter().chain(others) {
        if !all.contains(&signal) {
            all.push(signal);
        }
    }
    all
}
