//! What the agent says of the host that it runs on.

use codec::of10::{Body, Vendor};
use codec::vse::{Acceleration, Carriers, VseMessage};

use crate::client::Client;
use crate::commands::json;
use crate::world::{Agent, Scratch};

#[test]
fn features_and_cores_are_those_of_the_kernel() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &["--max-flows", "1000", "--max-vms", "31"]);
    let mut client = Client::connect(&dir.socket());
    let answers = client.ask(&Body::Vendor(Vendor::Vse(VseMessage::HostFeaturesRequest)));
    let [answer] = &answers[..] else { panic!("{answers:?}") };
    let Body::Vendor(Vendor::Vse(VseMessage::HostFeaturesReply(features))) = &answer.body else {
        panic!("{answer}")
    };
    let kernel = agent::host::cores().expect("the kernel tells");
    assert_eq!(usize::from(features.n_cores), kernel.len());
    assert_eq!((features.max_flows, features.max_vms), (1000, 31));
    assert_eq!(features.carriers, Carriers::TOS | Carriers::VLAN);
    assert!(features.acceleration.contains(Acceleration::XDP_GENERIC), "{answer}");
    // The loopback interface, if no other, has a queue.
    assert!(features.n_rx_queues >= 1, "{answer}");
    let list = json(&dir.target(), &["core", "list", "-o", "json"]);
    let told = list["entries"].as_array().expect("a list");
    assert_eq!(told.len(), kernel.len());
    for (told, core) in told.iter().zip(&kernel) {
        assert_eq!(told["core"], core.id);
        assert_eq!(told["numa_node"], core.node);
        let flags = told["flags"].as_array().expect("flags");
        assert_eq!(flags.contains(&"eligible".into()), core.isolated.is_none(), "{told}");
    }
}
