//! Values and bits that have a name.

use bitflags::Flags as _;
use codec::netlink::NetlinkCommand;
use codec::of10::stats::StatsType;
use codec::of10::{ActionType, ErrorCode, FlowRemovedReason, MessageType};
use codec::proxy::{ETHERTYPE, Framed, FramedFlags, Key, ReplayWindow, Signature};
use codec::types::MacAddr;
use codec::vse::{
    Acceleration, AssignmentEvent, BundleCommand, Carrier, Carriers, ConfigFlags, Core,
    CoreCommand, CoreFlags, DatapathMode, FieldMatch, MatchField, MonitorCommand, MonitorEvents,
    Policy, Reason, Subtype, Tlv, TraceOutcome, TunnelType, VENDOR_ID, VmEvent, VmSource,
    VseActionType, VseStatsType,
};

use crate::SOURCE;
use crate::page::{Page, Table, number};

/// Whether a test here reads the table.
pub(crate) fn reads(table: &Table) -> bool {
    of_code(&table.heading).is_some() || matches!(&*table.heading, "Constants" | "Errors")
}

/// Numbers and names.
type Names = Vec<(u64, String)>;

macro_rules! values {
    ($type:ty: $int:ty) => {
        <$type>::ALL.iter().map(|value| (<$int>::from(*value).into(), value.to_string())).collect()
    };
}

macro_rules! bits {
    ($type:ty) => {
        <$type>::FLAGS
            .iter()
            .filter(|flag| !flag.name().is_empty())
            .map(|flag| {
                let bits = flag.value().bits();
                assert!(bits.is_power_of_two(), "{} is not one bit", flag.name());
                (bits.trailing_zeros().into(), flag.name().to_ascii_lowercase())
            })
            .collect()
    };
}

/// What the code has of the table under `heading`.
fn of_code(heading: &str) -> Option<Names> {
    // Those that stand in a TLV, and those of struct ofp_match.
    let fields = |in_tlv: bool| {
        let all = MatchField::ALL.iter().filter(|field| field.value_len().is_some() == in_tlv);
        all.map(|field| (u8::from(*field).into(), field.to_string())).collect()
    };
    Some(match heading {
        "Subtypes" => values!(Subtype: u32),
        "Acceleration" => bits!(Acceleration),
        "Carriers" => bits!(Carriers),
        "Configuration flags" => bits!(ConfigFlags),
        "Policies" => values!(Policy: u8),
        "VM events" => values!(VmEvent: u8),
        "Reasons of removal" => values!(FlowRemovedReason: u8),
        "Core commands" => values!(CoreCommand: u16),
        "Bundle commands" => values!(BundleCommand: u16),
        "Monitor commands" => values!(MonitorCommand: u8),
        "Monitor events" => bits!(MonitorEvents),
        "Assignment events" => values!(AssignmentEvent: u8),
        "Reasons" => values!(Reason: u8),
        "Outcomes" => values!(TraceOutcome: u8),
        "Types of statistics" => values!(VseStatsType: u16),
        "Core flags" => bits!(CoreFlags),
        "Sources of a VM's core" => values!(VmSource: u8),
        "Datapath modes" => values!(DatapathMode: u8),
        "Types of actions" => values!(VseActionType: u16),
        "Match fields" => fields(true),
        "Fields of OpenFlow" => fields(false),
        "Tunnel types" => values!(TunnelType: u8),
        "Carrier of the FCF" => values!(Carrier: u8),
        "Netlink commands" => values!(NetlinkCommand: u8),
        "Frame flags" => bits!(FramedFlags),
        _ => return None,
    })
}

#[test]
fn names_and_numbers_are_those_of_the_code() {
    let page = Page::parse(SOURCE);
    let mut seen = 0;
    for table in &page.tables {
        let Some(code) = of_code(&table.heading) else { continue };
        let page: Names = table.rows.iter().map(|row| (number(&row[0]), row[1].clone())).collect();
        assert_eq!(page, code, "page and code differ on {:?}", table.heading);
        seen += 1;
    }
    assert_eq!(seen, 25, "a table is missing on the page, or a heading is misspelt");
}

#[test]
fn match_fields_have_the_size_and_the_mask_of_the_code() {
    for row in &Page::parse(SOURCE).table("Match fields").rows {
        let field = MatchField::from_name(&row[1]).unwrap();
        assert_eq!(Some(row[2].parse().unwrap()), field.value_len(), "size of {field}");
        assert_eq!(row[3], if field.is_maskable() { "yes" } else { "no" }, "mask of {field}");
    }
}

#[test]
fn constants() {
    let mut tlv = Vec::new();
    Tlv::Field(FieldMatch::new(MatchField::VmId, 5).unwrap()).encode(&mut tlv);
    let mut frame = Vec::new();
    let address = MacAddr::default();
    Framed::new(address, address, 0, Vec::new()).encode(&mut frame).unwrap();
    let shortest_key = (0..64).find(|len| Key::new(&vec![0; *len]).is_ok()).unwrap();
    let code = Signature { sequence: 0, code: Default::default() }.code;
    let constants: [(&str, u64); 11] = [
        ("VENDOR_ID", VENDOR_ID.into()),
        ("OFPT_VENDOR", u8::from(MessageType::Vendor).into()),
        ("OFPST_VENDOR", u16::from(StatsType::Vendor).into()),
        ("OFPAT_VENDOR", u16::from(ActionType::Vendor).into()),
        ("OXM_CLASS", u16::from_be_bytes([tlv[0], tlv[1]]).into()),
        ("CORE_NONE", Core::NONE.0.into()),
        ("ETHERTYPE", ETHERTYPE.into()),
        ("FRAME_VERSION", frame[14].into()),
        ("SHORTEST_KEY", shortest_key.try_into().unwrap()),
        ("CODE_LEN", code.len().try_into().unwrap()),
        ("WINDOW", ReplayWindow::WIDTH),
    ];
    let page = Page::parse(SOURCE);
    let rows = page.table("Constants").rows.iter();
    let page: Vec<_> = rows.map(|row| (&*row[0], number(&row[1]))).collect();
    assert_eq!(page, constants);
}

#[test]
fn errors_have_the_names_of_openflow() {
    for row in &Page::parse(SOURCE).table("Errors").rows {
        let number = |cell: &str| number(cell).try_into().unwrap();
        assert_eq!(ErrorCode::new(number(&row[0]), number(&row[1])).to_string(), row[2]);
    }
}
