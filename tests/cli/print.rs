//! `vsectl print`.

use insta::assert_snapshot;

use crate::run::vsectl;

const FLOW_MOD: &str = "010e00500000000700302 0ef000000000000000000000000000000000000\
    08000000000000000000 0a000001 00000000 000000000000002a 0000 000a 0000 0005 ffffffff ffff 0001 \
    0000 0008 0002 0000";
const BARRIER: &str = "01 12 00 08 00 00 00 07";

#[test]
fn text() {
    assert_snapshot!(vsectl(&["print", FLOW_MOD, BARRIER], b""));
}

#[test]
fn json_of_one_is_an_object() {
    assert_snapshot!(vsectl(&["print", "-o", "json", FLOW_MOD], b""));
}

#[test]
fn json_of_several_is_an_array() {
    assert_snapshot!(vsectl(&["print", "-o", "json", BARRIER, BARRIER], b""));
}

#[test]
fn ndjson_from_standard_input() {
    assert_snapshot!(vsectl(&["print", "-o", "ndjson"], format!("{BARRIER}\n").as_bytes()));
}

#[test]
fn a_bad_message_among_good_ones() {
    let short = "010e0047 00000001";
    assert_snapshot!(vsectl(&["print", BARRIER, short, BARRIER], b""));
}

#[test]
fn nothing_decoded() {
    assert_snapshot!(vsectl(&["print", "01 0e 00 04 00 00 00 01"], b""));
}

#[test]
fn no_hex() {
    assert_snapshot!(vsectl(&["print", "hello"], b""));
}

#[test]
fn a_missing_file() {
    assert_snapshot!(vsectl(&["print", "--binary", "no/such/file"], b""));
}

#[test]
fn a_wrong_format() {
    assert_snapshot!(vsectl(&["print", "-o", "xml", BARRIER], b""));
}
