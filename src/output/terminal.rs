//! Questions on the controlling terminal; standard input and output may be redirected.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write as _};

use rustix::termios::{QueueSelector, tcflush};

use super::screen::Screen;
use crate::deliver::Answer;
use crate::error::{Error, io_error_text};

/// The possible answers: yes, no, to all that follow, and to none.
pub(super) const CHOICE: &str = " [y/n/a/q] ";

/// The controlling terminal (tty(4)).
pub(super) struct Terminal {
    lines: BufReader<File>,
    screen: File,
}

impl Terminal {
    /// A usage error if there is none, which the option requires.
    pub(super) fn open(option: &str) -> Result<Self, Error> {
        let tty = File::options().read(true).write(true).open("/dev/tty");
        let both = tty.and_then(|tty| Ok(Terminal { screen: tty.try_clone()?, lines: BufReader::new(tty) }));
        both.map_err(|_| Error::usage(format!("{option} requires a terminal")))
    }

    /// Ask until the answer is valid. The question is displayed as it is. The end of the input means to quit.
    pub(super) fn ask(&mut self, question: &str) -> Result<Answer, Error> {
        let question = format!("{question}{CHOICE}");
        loop {
            let Some(answer) = self.ask_line(&question)? else { return Ok(Answer::Quit) };
            match answer.as_slice() {
                b"y" | b"yes" => return Ok(Answer::Yes),
                b"n" | b"no" | b"" => return Ok(Answer::No),
                b"a" | b"all" => return Ok(Answer::All),
                b"q" | b"quit" => return Ok(Answer::Quit),
                _ => {}
            }
        }
    }

    /// The answer in lower case, without spaces around it. None at the end of the input.
    pub(super) fn ask_line(&mut self, question: &str) -> Result<Option<Vec<u8>>, Error> {
        let mut answer = vec![];
        let asked = self.discard_input().and_then(|()| self.show(question));
        let read = asked.and_then(|()| self.lines.read_until(b'\n', &mut answer));
        let read = read.map_err(|error| {
            Error::fatal(format!("cannot read from the terminal: {}", io_error_text(&error)))
        })?;
        Ok((read > 0).then(|| answer.trim_ascii().to_ascii_lowercase()))
    }

    /// Input that was typed before a question is no answer to it.
    fn discard_input(&mut self) -> io::Result<()> {
        tcflush(&self.screen, QueueSelector::IFlush)?;
        self.lines.consume(self.lines.buffer().len());
        Ok(())
    }

    /// Its width and colours.
    pub(super) fn screen(&self) -> Screen {
        Screen::of(&self.screen)
    }

    /// What the questions are about. If it cannot be shown, neither can the questions.
    pub(super) fn show_lines(&mut self, lines: &[String]) {
        let _ = lines.iter().try_for_each(|line| writeln!(self.screen, "{line}"));
    }

    fn show(&mut self, question: &str) -> io::Result<()> {
        write!(self.screen, "{question}")?;
        self.screen.flush()
    }
}
