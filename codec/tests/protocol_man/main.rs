//! vse-protocol(7) and the code say the same: every number of the page is held against the code,
//! and every number of the code must be on the page.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot run has to fail"
)]

mod code_points;
mod examples;
mod fcf;
mod page;
mod samples;
mod structures;

use page::Page;

/// The page.
const SOURCE: &str = include_str!("../../../man/vse-protocol.7");

/// Every table of the page is of a kind that some test reads.
#[test]
fn no_table_is_left_out() {
    let page = Page::parse(SOURCE);
    assert!(page.tables.len() > 50, "the tables were not found");
    for table in &page.tables {
        let read = code_points::reads(table) || structures::reads(table) || fcf::reads(table);
        assert!(read, "no test reads the table of {:?}", table.heading);
    }
}
