//! The library for other programs: [`Query`] → [`PinnedProcess`] → a signal or a wait.
//!
//! It shares the pipeline of the programs up to [`crate::scan`], and uses the parts of
//! [`crate::deliver`] for a single process: its pidfd and its verification. No type of another crate appears in it.

mod error;
mod process;
mod query;

pub use error::Error;
pub use process::{PinnedProcess, WaitOutcome};
pub use query::Query;
