//! vse-flows(7) has every word of the flow syntax, and its examples are flows.

use codec::text::{ACTION_WORDS, FIELD_WORDS, Flow, FlowMessage, NICIRA_WORDS, Options};
use codec::vse::MatchField;

const PAGE: &str = include_str!("../../man/vse-flows.7");

#[test]
fn every_word_is_on_the_page() {
    let words: Vec<&str> = PAGE.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let ours = MatchField::ALL.iter().filter(|field| field.value_len().is_some());
    let known = FIELD_WORDS.iter().chain(ACTION_WORDS).chain(NICIRA_WORDS).copied();
    for word in known.chain(ours.filter_map(|field| field.name())) {
        assert!(words.contains(&word), "{word}");
    }
}

fn examples(number: usize) -> Vec<&'static str> {
    let text = PAGE.split(".Bd -literal").nth(number).and_then(|text| text.split(".Ed").next());
    text.map_or_else(Vec::new, |text| text.lines().skip(1).collect())
}

#[test]
fn the_examples_are_flows() {
    let lines = examples(1);
    assert_eq!(lines.len(), 3);
    for line in lines {
        line.parse::<Flow>().unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn the_examples_of_extended_matches_are_flows() {
    let lines = examples(2);
    assert_eq!(lines.len(), 4);
    for line in lines {
        let read = FlowMessage::parse(line, Options::default(), None);
        let (flow, _) = read.unwrap_or_else(|error| panic!("{error}"));
        assert!(matches!(flow, FlowMessage::Nxm(_)), "{line}");
    }
}
