//! Actions of Nicira as ovs-ofctl writes them.

use std::fmt;

use super::code::{CtFlags, NatFlags, NiciraActionType, NiciraPacketInReason};
use super::message::NiciraAction;
use super::nxm::NxmEntry;
use super::record::Record;
use super::value_text::{Subfield, dotted, hex, value};
use super::{BundleAlgorithm, HashFields, MultipathAlgorithm, SampleDirection, learn_text};
use crate::of10::action::write_actions;
use crate::of10::{Action, PortNo};
use crate::types::Bytes;

/// The port of a resubmission that names none.
const SAME_PORT: u16 = PortNo::IN_PORT.0;
/// The table of a resubmission that names none; no table, for ct.
const NO_TABLE: u64 = 255;

impl fmt::Display for NiciraAction {
    #[allow(clippy::too_many_lines, reason = "one arm for each action")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = &self.body;
        let number = |key: &str| body.number(key);
        match self.subtype {
            NiciraActionType::Resubmit => resubmit(f, body.number16("in_port"), NO_TABLE, false),
            NiciraActionType::ResubmitTable => {
                resubmit(f, body.number16("in_port"), number("table_id"), false)
            }
            NiciraActionType::ResubmitTableCt => {
                resubmit(f, body.number16("in_port"), number("table_id"), true)
            }
            NiciraActionType::SetTunnel => write!(f, "set_tunnel:{}", hex(number("tun_id"))),
            NiciraActionType::SetTunnel64 => write!(f, "set_tunnel64:{}", hex(number("tun_id"))),
            NiciraActionType::SetQueue => write!(f, "set_queue:{}", number("queue_id")),
            NiciraActionType::PopQueue => f.write_str("pop_queue"),
            NiciraActionType::RegMove => {
                let bits = |field, ofs| Subfield {
                    header: number(field),
                    ofs: number(ofs),
                    n_bits: number("n_bits"),
                };
                write!(f, "move:{}->{}", bits("src", "src_ofs"), bits("dst", "dst_ofs"))
            }
            NiciraActionType::RegLoad => {
                write!(f, "load:{}->{}", hex(number("value")), bits_of(body, "dst"))
            }
            NiciraActionType::RegLoad2 => set_field(f, body),
            NiciraActionType::Note => write!(f, "note:{}", dotted(body.bytes("note"))),
            NiciraActionType::Multipath => write!(
                f,
                "multipath({},{},{},{},{},{})",
                known(HashFields::from(body.number16("fields")).name()),
                number("basis"),
                known(MultipathAlgorithm::from(body.number16("algorithm")).name()),
                number("max_link") + 1,
                number("arg"),
                bits_of(body, "dst")
            ),
            NiciraActionType::Bundle | NiciraActionType::BundleLoad => self.write_bundle(f),
            NiciraActionType::OutputReg | NiciraActionType::OutputReg2 => {
                write!(f, "output:{}", bits_of(body, "src"))
            }
            NiciraActionType::Learn | NiciraActionType::Learn2 => learn_text::write(f, body),
            NiciraActionType::Exit => f.write_str("exit"),
            NiciraActionType::DecTtl => f.write_str("dec_ttl"),
            NiciraActionType::DecTtlCntIds => {
                write!(f, "dec_ttl({})", joined(body.numbers("controllers").iter()))
            }
            NiciraActionType::FinTimeout => {
                let words =
                    [("idle_timeout", "fin_idle_timeout"), ("hard_timeout", "fin_hard_timeout")]
                        .into_iter()
                        .filter(|(_, key)| number(key) != 0)
                        .map(|(name, key)| format!("{name}={}", number(key)));
                write!(f, "fin_timeout({})", joined(words))
            }
            NiciraActionType::Controller => ControllerAction {
                reason: number("reason"),
                max_len: number("max_len"),
                id: number("controller_id"),
                ..ControllerAction::default()
            }
            .fmt(f),
            NiciraActionType::Controller2 => ControllerAction::of(body).fmt(f),
            NiciraActionType::WriteMetadata => {
                write!(f, "write_metadata:{}", hex(number("metadata")))?;
                match number("metadata_mask") {
                    u64::MAX => Ok(()),
                    mask => write!(f, "/{}", hex(mask)),
                }
            }
            NiciraActionType::PushMpls => write!(f, "push_mpls:{:#06x}", number("ethertype")),
            NiciraActionType::PopMpls => write!(f, "pop_mpls:{:#06x}", number("ethertype")),
            NiciraActionType::SetMplsTtl => write!(f, "set_mpls_ttl({})", number("ttl")),
            NiciraActionType::SetMplsLabel => write!(f, "set_mpls_label({})", number("label")),
            NiciraActionType::SetMplsTc => write!(f, "set_mpls_tc({})", number("tc")),
            NiciraActionType::DecMplsTtl => f.write_str("dec_mpls_ttl"),
            NiciraActionType::StackPush => write!(f, "push:{}", bits_of(body, "field")),
            NiciraActionType::StackPop => write!(f, "pop:{}", bits_of(body, "field")),
            NiciraActionType::Sample
            | NiciraActionType::Sample2
            | NiciraActionType::Sample3
            | NiciraActionType::Sample4 => self.write_sample(f),
            NiciraActionType::Conjunction => write!(
                f,
                "conjunction({},{}/{})",
                number("id"),
                number("clause") + 1,
                number("n_clauses")
            ),
            NiciraActionType::Ct => ct(f, body),
            NiciraActionType::Nat => nat(f, body),
            NiciraActionType::OutputTrunc => {
                let port = PortNo(body.number16("port"));
                write!(f, "output(port={port},max_len={})", number("max_len"))
            }
            NiciraActionType::Group => write!(f, "group:{}", number("group_id")),
            NiciraActionType::Clone => {
                f.write_str("clone(")?;
                nested(f, body.actions())?;
                f.write_str(")")
            }
            NiciraActionType::CtClear => f.write_str("ct_clear"),
            NiciraActionType::CheckPktLarger => {
                let dst = Subfield { header: number("dst"), ofs: number("ofs"), n_bits: 1 };
                write!(f, "check_pkt_larger({})->{dst}", number("pkt_len"))
            }
            NiciraActionType::DeleteField => match super::NxmField::like_header(number("field")) {
                Some(field) => write!(f, "delete_field:{}", field.word),
                None => write!(f, "delete_field:{:#x}", number("field")),
            },
            NiciraActionType::DebugSlow => f.write_str("debug_slow"),
            NiciraActionType::DebugRecirc => f.write_str("debug_recirc"),
            NiciraActionType::Unknown(code) => {
                write!(f, "nicira({code},{})", Bytes::from(body.bytes("body")))
            }
        }
    }
}

/// The bits of the field `key` that `ofs` and `n_bits` say.
pub(super) fn bits_of(body: &Record, key: &str) -> Subfield {
    Subfield { header: body.number(key), ofs: body.number("ofs"), n_bits: body.number("n_bits") }
}

fn joined<T: fmt::Display>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

fn known(name: Option<&'static str>) -> &'static str {
    name.unwrap_or("<unknown>")
}

/// Actions within another; nothing for none.
fn nested(f: &mut fmt::Formatter<'_>, actions: &[Action]) -> fmt::Result {
    if actions.is_empty() { Ok(()) } else { write_actions(f, actions) }
}

fn resubmit(f: &mut fmt::Formatter<'_>, port: u16, table: u64, ct: bool) -> fmt::Result {
    let named = port != SAME_PORT;
    if named && table == NO_TABLE {
        return write!(f, "resubmit:{}", PortNo(port));
    }
    f.write_str("resubmit(")?;
    if named {
        write!(f, "{}", PortNo(port))?;
    }
    f.write_str(",")?;
    if table != NO_TABLE {
        write!(f, "{table}")?;
    }
    f.write_str(if ct { ",ct)" } else { ")" })
}

fn set_field(f: &mut fmt::Formatter<'_>, body: &Record) -> fmt::Result {
    if let Some(known) = body.entries().first().and_then(NxmEntry::known) {
        let text = value(known.field, known.value, known.mask);
        return write!(f, "set_field:{text}->{}", known.field.word);
    }
    let mut wire = Vec::new();
    for entry in body.entries() {
        entry.encode(&mut wire);
    }
    write!(f, "set_field:nxm({})", Bytes(wire))
}

/// What `controller` says, by both actions.
struct ControllerAction<'a> {
    reason: u64,
    max_len: u64,
    id: u64,
    userdata: &'a [u8],
    pause: bool,
    meter: Option<u64>,
}

impl Default for ControllerAction<'_> {
    fn default() -> Self {
        let reason = u8::from(NiciraPacketInReason::Action).into();
        Self { reason, max_len: 0xffff, id: 0, userdata: &[], pause: false, meter: None }
    }
}

impl<'a> ControllerAction<'a> {
    fn of(body: &'a Record) -> Self {
        let mut action = Self::default();
        for property in body.records("properties") {
            let number = |key: &str| property.number_at(key);
            action.max_len = number("max_len").unwrap_or(action.max_len);
            action.id = number("controller_id").unwrap_or(action.id);
            action.reason = number("reason").unwrap_or(action.reason);
            action.meter = number("meter_id").or(action.meter);
            action.pause |= property.number("type") == 4;
            if !property.bytes("userdata").is_empty() {
                action.userdata = property.bytes("userdata");
            }
        }
        action
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = NiciraPacketInReason::from(u8::try_from(self.reason).unwrap_or(u8::MAX));
        let by_action = reason == NiciraPacketInReason::Action;
        let more = self.id != 0 || !self.userdata.is_empty() || self.pause || self.meter.is_some();
        if by_action && !more {
            return write!(f, "CONTROLLER:{}", self.max_len);
        }
        let mut words = Vec::new();
        if !by_action {
            words.push(format!("reason={reason}"));
        }
        if self.max_len != 0xffff {
            words.push(format!("max_len={}", self.max_len));
        }
        if self.id != 0 {
            words.push(format!("id={}", self.id));
        }
        if !self.userdata.is_empty() {
            words.push(format!("userdata={}", dotted(self.userdata)));
        }
        if self.pause {
            words.push("pause".to_owned());
        }
        words.extend(self.meter.map(|meter| format!("meter_id={meter}")));
        write!(f, "controller({})", words.join(","))
    }
}

fn ct(f: &mut fmt::Formatter<'_>, body: &Record) -> fmt::Result {
    let flags = CtFlags::from_bits_retain(body.number16("flags"));
    let mut words = Vec::new();
    if flags.contains(CtFlags::COMMIT) {
        words.push("commit".to_owned());
    }
    if flags.contains(CtFlags::FORCE) {
        words.push("force".to_owned());
    }
    if body.number("recirc_table") != NO_TABLE {
        words.push(format!("table={}", body.number("recirc_table")));
    }
    match (body.number("zone_src"), body.number("zone")) {
        (0, 0) => {}
        (0, zone) => words.push(format!("zone={zone}")),
        (header, bits) => words.push(format!("zone={}", packed(header, bits))),
    }
    let is_nat = |action: &&Action| matches!(action, Action::Nicira(inner) if inner.subtype == NiciraActionType::Nat);
    // Open vSwitch writes a first nat outside of exec.
    let (first, rest) = match body.actions().split_first() {
        Some((first, rest)) if is_nat(&first) => (Some(first), rest),
        _ => (None, body.actions()),
    };
    words.extend(first.map(Action::to_string));
    if !rest.is_empty() {
        words.push(format!("exec({})", joined(rest.iter())));
    }
    match body.number("alg") {
        0 => {}
        21 => words.push("alg=ftp".to_owned()),
        69 => words.push("alg=tftp".to_owned()),
        port => words.push(format!("alg={port}")),
    }
    write!(f, "ct({})", words.join(","))
}

/// Bits of a field that offset and number in 16 bits say.
fn packed(header: u64, bits: u64) -> Subfield {
    Subfield { header, ofs: bits >> 6, n_bits: (bits & 0x3f) + 1 }
}

fn nat(f: &mut fmt::Formatter<'_>, body: &Record) -> fmt::Result {
    let flags = NatFlags::from_bits_retain(body.number16("flags"));
    f.write_str("nat")?;
    if !flags.intersects(NatFlags::SRC.union(NatFlags::DST)) {
        return Ok(());
    }
    let side = if flags.contains(NatFlags::SRC) { "src" } else { "dst" };
    let mut words = vec![match range(body) {
        range if range.is_empty() => side.to_owned(),
        range => format!("{side}={range}"),
    }];
    for (flag, name) in [
        (NatFlags::PERSISTENT, "persistent"),
        (NatFlags::HASH, "hash"),
        (NatFlags::RANDOM, "random"),
    ] {
        if flags.contains(flag) {
            words.push(name.to_owned());
        }
    }
    write!(f, "({})", words.join(","))
}

/// The addresses and ports of nat.
fn range(body: &Record) -> String {
    let port = body.number_at("proto_min").filter(|port| *port != 0);
    let mut text = String::new();
    for (first, last) in [("ipv4_min", "ipv4_max"), ("ipv6_min", "ipv6_max")] {
        let Some(first) = body.address(first) else { continue };
        let show = |address: std::net::IpAddr| match port {
            Some(_) if address.is_ipv6() => format!("[{address}]"),
            _ => address.to_string(),
        };
        text = show(first);
        if let Some(last) =
            body.address(last).filter(|last| !last.is_unspecified() && *last != first)
        {
            text = format!("{text}-{}", show(last));
        }
    }
    if let Some(port) = port {
        text = format!("{text}:{port}");
        if let Some(last) = body.number_at("proto_max").filter(|last| *last != 0 && *last != port) {
            text = format!("{text}-{last}");
        }
    }
    text
}

impl NiciraAction {
    fn write_bundle(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = &self.body;
        let load = body.number("dst") != 0;
        write!(
            f,
            "{}({},{},{},ofport,",
            if load { "bundle_load" } else { "bundle" },
            known(HashFields::from(body.number16("fields")).name()),
            body.number("basis"),
            known(BundleAlgorithm::from(body.number16("algorithm")).name()),
        )?;
        if load {
            write!(f, "{},", bits_of(body, "dst"))?;
        }
        let members = body.numbers("members").iter().map(|port| PortNo(*port));
        write!(f, "members:{})", joined(members))
    }

    fn write_sample(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = &self.body;
        write!(f, "sample(probability={}", body.number("probability"))?;
        write!(f, ",collector_set_id={}", body.number("collector_set_id"))?;
        for name in ["obs_domain", "obs_point"] {
            let id = body.number(&format!("{name}_id"));
            match body.number(&format!("{name}_src")) {
                0 => write!(f, ",{name}_id={id}")?,
                header => write!(f, ",{name}_id={}", packed(header, id >> 16))?,
            }
        }
        if self.subtype != NiciraActionType::Sample {
            match PortNo(body.number16("sampling_port")) {
                PortNo::NONE => {}
                port => write!(f, ",sampling_port={port}")?,
            }
            let direction = u8::try_from(body.number("direction")).unwrap_or(u8::MAX);
            match SampleDirection::from(direction) {
                direction @ (SampleDirection::Ingress | SampleDirection::Egress)
                    if self.subtype != NiciraActionType::Sample2 =>
                {
                    write!(f, ",{direction}")?;
                }
                _ => {}
            }
        }
        f.write_str(")")
    }
}
