//! What a controller says, by what it hears.

use codec::of10::PortNo;
use codec::types::{FixedStr, Hex, MacAddr, Pad};
use codec::vse::Core;

use super::*;

fn features(datapath_id: u64) -> Message {
    let features = FeaturesReply {
        datapath_id: Hex(datapath_id),
        n_buffers: 0,
        n_tables: 1,
        pad: Pad::default(),
        capabilities: codec::of10::Capabilities::empty(),
        actions: codec::of10::ActionSet::empty(),
        ports: Vec::new(),
    };
    Message::new(2, Body::FeaturesReply(features))
}

fn vm(event: VmEvent) -> Message {
    let vm = VmInfo {
        event,
        pad: Pad::default(),
        port_no: PortNo(1),
        vm_id: 5,
        core: Core(1),
        tenant_id: 7,
        hw_addr: MacAddr([2, 0, 0, 0, 0, 5]),
        pad2: Pad::default(),
        pid: 0,
        name: FixedStr::default(),
    };
    Message::new(0, vse(VseMessage::VmInfo(vm)))
}

/// What is said, as text, to whom; messages for VSE without their PACKET_OUT.
fn said(controller: &mut Controller, switch: usize, message: Message) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    controller.message(switch, message, &mut out);
    let text = |message: Message| match &message.body {
        Body::PacketOut(packet_out) => {
            let carried = Carried::by_packet_out(packet_out);
            let (_, inner) = carried.messages().next().unwrap();
            inner.unwrap().to_string()
        }
        _ => message.to_string(),
    };
    out.into_iter().map(|(switch, message)| (switch, text(message))).collect()
}

#[test]
fn a_vm_comes_and_goes() {
    let policy = "normal = false\n[grade.gold]\nfcf_priority = 1\ncore = 2\nidle_timeout = 9\n\
                  [tenant.7]\ngrade = \"gold\"";
    let mut controller = Controller::new(Some(policy.parse().unwrap()));
    for switch in [0, 1] {
        controller.connected(switch, &mut Vec::new());
        said(&mut controller, switch, features(switch as u64 + 1));
    }
    let up = said(&mut controller, 1, vm(VmEvent::Up));
    assert_eq!(up.iter().map(|(switch, _)| *switch).collect::<Vec<_>>(), [0, 1, 1]);
    for part in ["dl_dst=02:00:00:00:00:05", "set_fcf(vm_id=5,priority=1"] {
        assert!(up[0].1.contains(part), "{up:?}");
    }
    for part in ["vm_id=5", "idle:9", "set_irq_core:2"] {
        assert!(up[1].1.contains(part), "{up:?}");
    }
    assert!(up[2].1.contains("BARRIER_REQUEST"), "{up:?}");
    assert_eq!(said(&mut controller, 1, vm(VmEvent::Moved)), []);
    // A switch that comes later marks as well.
    controller.connected(2, &mut Vec::new());
    let later = said(&mut controller, 2, features(3));
    assert!(later.iter().any(|(_, text)| text.contains("set_fcf(vm_id=5")), "{later:?}");
    let down = said(&mut controller, 1, vm(VmEvent::Down));
    assert_eq!(down.len(), 4, "{down:?}");
    assert!(down[..3].iter().all(|(_, text)| text.contains("DEL")), "{down:?}");
}

#[test]
fn without_a_policy_it_only_asks() {
    let mut controller = Controller::new(None);
    controller.connected(0, &mut Vec::new());
    assert_eq!(said(&mut controller, 0, features(1)).len(), 2);
    assert_eq!(said(&mut controller, 0, vm(VmEvent::Up)), []);
}
