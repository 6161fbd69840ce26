//! Random command lines.

use std::fmt;

use crate::grammar::{OPTIONS, Opt, PATTERNS, SIGNALS, Values, Version};
use crate::support::Random;

/// A command line. Its words may hold `{dir}`, `{tty}` and `{cgroup}`, which the scene fills in.
pub struct Line {
    /// `pgrep`, `pkill` or `pidwait`.
    pub program: &'static str,
    pub words: Vec<String>,
    /// The options that it has, by long name, in order.
    pub given: Vec<(&'static str, String)>,
    pub operands: Vec<&'static str>,
    /// pkill's `-HUP`, without the dash; only where an option may be.
    pub signal_words: Vec<&'static str>,
    /// Whether a word is wrong on purpose: an unknown option, a value that is missing or not allowed.
    pub is_broken: bool,
}

/// Shown as typed, quoted for a shell.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.program)?;
        self.words.iter().try_for_each(|word| {
            let is_safe = |b: u8| b.is_ascii_alphanumeric() || b"-_=,./:{}+".contains(&b);
            match !word.is_empty() && word.bytes().all(is_safe) {
                true => write!(f, " {word}"),
                false => write!(f, " $'{}'", word.escape_default()),
            }
        })
    }
}

impl Line {
    pub fn has(&self, long: &str) -> bool {
        self.given.iter().any(|(name, _)| *name == long)
    }

    pub fn count(&self, long: &str) -> usize {
        self.given.iter().filter(|(name, _)| *name == long).count()
    }

    /// All values of the option, in order.
    pub fn values(&self, long: &str) -> impl Iterator<Item = &str> {
        self.given.iter().filter(move |(name, _)| *name == long).map(|(_, value)| &**value)
    }

    /// The value that is used if the option is repeated.
    pub fn value(&self, long: &str) -> Option<&str> {
        self.values(long).last()
    }

    pub fn acts(&self) -> bool {
        self.program != "pgrep"
    }

    /// Whether the line may select the newest or oldest process.
    pub fn picks(&self) -> bool {
        self.has("newest") || self.has("oldest")
    }
}

impl Line {
    /// The line of that number; `version` is that of the reference, which does not have all options.
    pub fn new(seed: u64, version: Version) -> Self {
        let mut random = Random::new(seed);
        (0..4).for_each(|_| _ = random.next()); // neighbouring seeds are alike at first
        Generator::new(&mut random, version).line()
    }
}

struct Generator<'r> {
    random: &'r mut Random,
    version: Version,
    line: Line,
    /// Options, each with its value.
    options: Vec<Vec<String>>,
    /// Operands and signal words.
    others: Vec<Vec<String>>,
}

impl<'r> Generator<'r> {
    fn new(random: &'r mut Random, version: Version) -> Self {
        let program =
            random.pick(&["pgrep", "pgrep", "pgrep", "pgrep", "pkill", "pkill", "pkill", "pidwait"]);
        let line = Line {
            program,
            words: vec![],
            given: vec![],
            operands: vec![],
            signal_words: vec![],
            is_broken: false,
        };
        Generator { random, version, line, options: vec![], others: vec![] }
    }

    fn line(mut self) -> Line {
        let options = self.random.pick(&[0, 1, 1, 2, 2, 2, 3, 3, 4, 5]);
        let mut count = 0;
        while count < options {
            count += self.bundle();
        }
        let operands = self.random.pick(&[0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
        // What begins with a dash is an operand after `--` only.
        let is_after_dashes = self.random.one_in(12);
        let mut after = vec![];
        for _ in 0..operands {
            let pattern = self.one_of(PATTERNS);
            if is_after_dashes {
                self.line.operands.push(pattern);
                after.push(pattern.to_owned());
            } else if !pattern.starts_with('-') || pattern == "-" {
                self.line.operands.push(pattern);
                self.others.push(vec![pattern.to_owned()]);
            }
        }
        if self.line.program == "pkill" {
            for _ in 0..self.random.pick(&[0, 1, 1, 1, 1, 1, 1, 1, 2]) {
                let signal = self.one_of(SIGNALS);
                self.line.signal_words.push(signal);
                self.others.push(vec![format!("-{signal}")]);
            }
        }
        if self.random.one_in(40) {
            self.line.is_broken = true;
            let word = self.random.pick(&[
                "-y",
                "--nosuch",
                "--full=x",
                "-?",
                "--nosuch=1",
                "-xy",
                "-é",
                "--sig",
                "-P",
            ]);
            self.others.push(vec![word.to_owned()]);
        }
        let mut words = self.interleaved().concat();
        if is_after_dashes {
            words.push("--".into());
            words.extend(after);
        }
        Line { words, ..self.line }
    }

    /// Options and others mixed, each in their order.
    fn interleaved(&mut self) -> Vec<Vec<String>> {
        let (mut options, mut others) = (self.options.drain(..).peekable(), self.others.drain(..).peekable());
        let mut all = vec![];
        while options.peek().is_some() || others.peek().is_some() {
            all.extend(if self.random.one_in(2) { options.next() } else { others.next() });
        }
        all
    }

    fn one_of(&mut self, (valid, odd): Values) -> &'static str {
        let is_odd = self.random.one_in(8);
        self.random.pick(if is_odd { odd } else { valid })
    }

    fn letter(&self, opt: &Opt) -> Option<char> {
        let key = match self.line.program {
            "pgrep" => 'g',
            "pkill" => 'k',
            _ => 'w',
        };
        opt.short.filter(|(_, programs)| programs.contains(key)).map(|(letter, _)| letter)
    }

    fn pick(&mut self) -> &'static Opt {
        let version = self.version;
        let known = || OPTIONS.iter().filter(move |opt| opt.since <= version);
        let mut at = self.random.below(known().map(|opt| opt.weight).sum());
        known()
            .find(|opt| {
                let found = at < opt.weight;
                at = at.saturating_sub(opt.weight);
                found
            })
            .expect("a weight below the sum")
    }

    /// One option, or a bundle of them; returns how many.
    fn bundle(&mut self) -> usize {
        let opt = self.pick();
        let value = opt.takes_value().then(|| self.one_of(opt.values).to_owned());
        self.record(opt, value.as_deref());
        let letter = self.letter(opt).filter(|_| !self.random.one_in(3));
        let Some(letter) = letter else {
            self.long(opt, value);
            return 1;
        };
        let mut text = format!("-{letter}");
        let mut count = 1;
        let mut value = value;
        while value.is_none() && self.random.one_in(3) {
            let next = self.pick();
            let Some(letter) = self.letter(next) else { continue };
            text.push(letter);
            value = next.takes_value().then(|| self.one_of(next.values).to_owned());
            self.record(next, value.as_deref());
            count += 1;
        }
        match value {
            None => self.options.push(vec![text]),
            Some(value) if self.random.one_in(3) && !value.is_empty() => {
                self.options.push(vec![text + &value])
            }
            Some(value) => self.options.push(vec![text, value]),
        }
        count
    }

    fn long(&mut self, opt: &Opt, value: Option<String>) {
        let abbreviation = &opt.long[..=self.random.below(opt.long.len())];
        let is_another = OPTIONS.iter().any(|other| other.long == abbreviation);
        let name = if is_another || !self.random.one_in(4) { opt.long } else { abbreviation };
        let name = format!("--{name}");
        self.options.push(match value {
            None => vec![name],
            Some(value) if self.random.one_in(2) => vec![format!("{name}={value}")],
            Some(value) => vec![name, value],
        });
    }

    fn record(&mut self, opt: &Opt, value: Option<&str>) {
        self.line.given.push((opt.long, value.unwrap_or_default().to_owned()));
    }
}
