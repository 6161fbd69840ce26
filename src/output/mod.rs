//! [`Report`](crate::report::Report) → bytes on standard output, messages on standard error. The only writer.

mod choose_signal;
mod chooser;
mod columns;
mod describe;
mod exact;
mod explain;
mod json;
mod lines;
mod live;
mod log;
mod marked;
mod notes;
mod numbered;
mod preview;
mod printable;
mod progress;
mod reappeared;
mod rows;
mod screen;
mod signals;
mod summary;
mod supervised;
mod table;
mod terminal;
mod text;
mod tree;
mod writer;

pub(crate) use writer::Output;
