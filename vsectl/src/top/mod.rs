//! The live view of an agent: what it shows is a pure state ([`state`]) that samples and keys change;
//! [`view`] draws it. Threads bring samples ([`source`]) and keys; one loop ([`screen`]) waits for
//! both.

mod filter_line;
mod keys;
mod rates;
mod screen;
mod source;
mod state;
mod view;

#[cfg(test)]
mod tests;

pub(crate) use rates::FlowSort;
pub(crate) use screen::run;
pub(crate) use source::Source;
pub(crate) use state::Options;
