use proptest::prelude::*;

use super::*;
use crate::netlink::NetlinkCommand;
use crate::of10::stats::StatsReplyBody;
use crate::of10::{Body, Message, Vendor};
use crate::vse::*;

/// What has no attribute is set to what reading gives.
fn round<T: NetlinkObject + PartialEq + std::fmt::Debug>(value: &T, like: &T) {
    assert_eq!(&T::from_object(&value.to_object().unwrap()).unwrap(), like);
}

/// The values of the samples, which have no padding, come back.
#[test]
fn samples_come_back() {
    let mut seen = 0;
    for line in include_str!("../../samples.ndjson").lines() {
        let message: Message = serde_json::from_str(line).unwrap();
        let Body::Vendor(Vendor::Vse(vse)) = &message.body else {
            if let Body::StatsReply(reply) = &message.body
                && let StatsReplyBody::Vse(reply) = &reply.body
            {
                match &reply.body {
                    VseStatsReplyBody::Flow(entries) => entries.iter().for_each(|e| round(e, e)),
                    VseStatsReplyBody::Core(entries) => entries.iter().for_each(|e| round(e, e)),
                    VseStatsReplyBody::Vm(entries) => entries.iter().for_each(|e| round(e, e)),
                    VseStatsReplyBody::Datapath(stats) => round(&**stats, &**stats),
                    VseStatsReplyBody::Unknown(_) => continue,
                }
                seen += 1;
            }
            continue;
        };
        match vse {
            VseMessage::GetConfigReply(config) | VseMessage::SetConfig(config) => {
                round(config, config);
            }
            VseMessage::VmInfo(info) => round(info, &VmInfo { event: VmEvent::Up, ..*info }),
            VseMessage::FlowMod(change) => {
                assert_eq!(&change_of(&command_of_change(change).unwrap()).unwrap(), change);
            }
            VseMessage::Assignment(told) => {
                round(told, &Assignment { monitor_id: 0, ..told.clone() });
            }
            VseMessage::TraceRequest(request) => round(request, request),
            VseMessage::TraceReply(reply) => round(reply, reply),
            VseMessage::Bundle(bundle) => round(bundle, bundle),
            _ => continue,
        }
        seen += 1;
    }
    assert!(seen >= 12, "{seen}");
}

#[test]
fn what_is_left_out_has_its_default() {
    let empty = Object::new(&crate::netlink::schema::FLOW);
    let change = change_of(&Command::new(NetlinkCommand::FlowDel, empty.clone())).unwrap();
    assert_eq!((change.flow.priority, change.flow.r#match), (32768, Match::ANY));
    let filter = VseFlowStatsRequest::from_object(&empty).unwrap();
    assert_eq!((filter.table_id, filter.tlvs.is_empty()), (0xff, true));
}

#[test]
fn a_match_of_another_size_is_refused() {
    let short = Object::new(&crate::netlink::schema::FLOW)
        .with("match", AttributeValue::Binary(vec![0; 39].into()))
        .unwrap();
    let error = VseFlowStats::from_object(&short).unwrap_err();
    assert_eq!(error.to_string(), "netlink.match at byte 0: length is 39, must be 40");
}

proptest! {
    #[test]
    fn random_objects_never_panic(payload in prop::collection::vec(any::<u8>(), 0..120), command in 1_u8..16) {
        let payload = [&[command, 1, 0, 0][..], &payload].concat();
        let Ok(command) = Command::parse(&payload) else { return Ok(()) };
        drop(change_of(&command));
        drop(VseFlowStats::from_object(&command.object));
        drop(CoreStats::from_object(&command.object));
        drop(VmStats::from_object(&command.object));
        drop(Config::from_object(&command.object));
        drop(DatapathStats::from_object(&command.object));
        drop(TraceReply::from_object(&command.object));
        drop(Assignment::from_object(&command.object));
    }
}
