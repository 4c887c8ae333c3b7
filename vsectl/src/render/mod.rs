//! From a view to a writer, one file a format. No logic here: what is shown was decided before.

pub(crate) mod agent_tables;
pub(crate) mod assignment;
pub(crate) mod clock;
pub(crate) mod comparison;
pub(crate) mod datapath;
pub(crate) mod doctor;
pub(crate) mod expect;
pub(crate) mod experiment;
pub(crate) mod fields;
pub(crate) mod flow_diff;
pub(crate) mod forecast;
pub(crate) mod frame_json;
pub(crate) mod hex_dump;
pub(crate) mod json;
pub(crate) mod json_line;
pub(crate) mod ofctl;
pub(crate) mod paint;
pub(crate) mod proxy;
pub(crate) mod report;
pub(crate) mod summary;
pub(crate) mod svg;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod trace;
pub(crate) mod tree;
pub(crate) mod value;
