//! Any text is a flow or an error; a flow's normal form is read as the same flow.
#![no_main]

use codec::nicira::FlowFormat;
use codec::text::{Flow, FlowMessage, Options};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for lenient in [false, true] {
        let options = Options { lenient, ..Options::default() };
        match Flow::parse(text, options) {
            Ok((flow, _)) => {
                let exact = flow.to_exact_string();
                let (again, _) = Flow::parse(&exact, Options::default()).expect("its own text");
                assert_eq!(again, flow, "{exact}");
            }
            Err(error) => drop(error.to_string()),
        }
        for format in [None, Some(FlowFormat::Nxm)] {
            match FlowMessage::parse(text, options, format) {
                Ok((flow, _)) => {
                    let exact = flow.to_exact_string();
                    let format = matches!(flow, FlowMessage::Nxm(_)).then_some(FlowFormat::Nxm);
                    let again = FlowMessage::parse(&exact, Options::default(), format);
                    assert_eq!(again.expect("its own text").0, flow, "{exact}");
                }
                Err(error) => drop(error.to_string()),
            }
        }
    }
});
