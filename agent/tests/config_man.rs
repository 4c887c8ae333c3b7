//! vse-agent.toml(5) has each key, with its value, its default and what it does, and no other.
#![allow(clippy::expect_used, reason = "a page without its list is wrong")]

use agent::server::KEYS;

#[test]
fn keys_are_those_of_the_code() {
    let page = include_str!("../../man/vse-agent.toml.5");
    let (_, list) = page.split_once(".Bl -tag").expect("the list of keys");
    let (list, _) = list.split_once("\n.El").expect("its end");
    let mut lines = list.lines().skip(1);
    for key in KEYS {
        assert_eq!(lines.next(), Some(&*format!(".It Cm {} = Ar {}", key.name, key.value)));
        assert_eq!(lines.next(), Some(&*format!("{}.", key.doc)), "{}", key.name);
        let default = match key.default {
            "" => "Empty by default.".to_owned(),
            default => format!("Default: {default}."),
        };
        assert_eq!(lines.next(), Some(&*default), "{}", key.name);
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn keys_that_a_reload_takes() {
    let page = include_str!("../../man/vse-agent.toml.5");
    let (_, list) = page.split_once("New values of\n").expect("the paragraph on SIGHUP");
    let (list, _) = list.split_once("\ncount from then on").expect("its end");
    let names = list.lines().filter_map(|line| line.strip_prefix(".Cm "));
    let names: Vec<&str> = names.map(|name| name.trim_end_matches(" ,")).collect();
    let live: Vec<&str> = KEYS.iter().filter(|key| key.is_live).map(|key| key.name).collect();
    assert_eq!(names, live);
}
