//! [`Report`](crate::report::Report) → bytes on standard output, messages on standard error. The only writer.

mod exact;
mod json;
mod lines;
mod live;
mod notes;
mod printable;
mod progress;
mod reappeared;
mod signals;
mod terminal;
mod text;
mod writer;

pub(crate) use writer::Output;
