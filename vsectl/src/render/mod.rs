//! From a view to a writer, one file a format. No logic here: what is shown was decided before.

pub(crate) mod json;
pub(crate) mod paint;
pub(crate) mod summary;
pub(crate) mod text;
pub(crate) mod tree;
