//! What is wrong with Flow Control Fields: values that two meanings share, values that no VM has,
//! and fields that are lost on the way.

use std::collections::{BTreeMap, HashMap, VecDeque};

use codec::fcf::FcfLayout;
use codec::vse::Carrier;
use foldhash::fast::RandomState;

use super::Statistic;
use super::report::{Report, columns};
use crate::frame::Frame;
use crate::problem::Problem;
use crate::protocol::{fcf, ipv4, vlan};
use crate::registry::{Field, Protocol};
use crate::sink::{Ends, Place, Sink, Value};

/// Datagrams that are remembered, to see them again elsewhere.
const REMEMBERED: usize = 8192;
/// The bits of the type of service that are not the code point's (RFC 3168 section 5).
const ECN: u16 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Finding {
    EcnOverlap,
    PcpClash,
    DeiClash,
    VmIdOutOfRange,
    VidReserved,
    PriorityWithoutVm,
    BadChecksum,
    FieldLost,
    FieldChanged,
}

impl Finding {
    fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::EcnOverlap => (
                "ecn_overlap",
                "the VM id covers the ECN bits, and they are set: congestion or a VM?",
            ),
            Self::PcpClash => {
                ("pcp_clash", "the priority is set beside other bits of the priority code point")
            }
            Self::DeiClash => ("dei_clash", "the tag is drop eligible, and carries a VM id"),
            Self::VmIdOutOfRange => (
                "vm_id_out_of_range",
                "not a VM id of the layout: above its highest, in bits that it has not, 0 in a tag",
            ),
            Self::VidReserved => ("vid_reserved", "VLAN id 4095, which no tag may have"),
            Self::PriorityWithoutVm => ("priority_without_vm", "priority without a VM id"),
            Self::BadChecksum => {
                ("bad_checksum", "a field in a type of service whose header checksum is wrong")
            }
            Self::FieldLost => {
                ("field_lost", "the same datagram is here with a field and there without")
            }
            Self::FieldChanged => ("field_changed", "the same datagram has another field here"),
        }
    }
}

/// What the frame shows of itself, as far as it was dissected; of headers, the outermost.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    vm_id: Option<u64>,
    priority: bool,
    dscp: Option<u64>,
    ecn: Option<u64>,
    checksum_good: Option<bool>,
    vlan: Option<(u64, u64, bool)>,
    datagram: Option<(Ends, u64, u64)>,
}

/// Checks frames.
#[derive(Debug)]
pub(super) struct Lint {
    layout: FcfLayout,
    /// How often, and the first frame.
    findings: BTreeMap<Finding, (u64, u64)>,
    seen: Seen,
    /// The partly read tag and addresses.
    tag: (Option<u64>, Option<u64>, bool),
    ends: Option<Ends>,
    id: (Option<u64>, u64),
    remembered: HashMap<(Ends, u64, u64), (u64, bool), RandomState>,
    order: VecDeque<(Ends, u64, u64)>,
}

impl Lint {
    pub(super) fn new(layout: Option<FcfLayout>) -> Self {
        Self {
            layout: layout.unwrap_or(FcfLayout::DSCP),
            findings: BTreeMap::new(),
            seen: Seen::default(),
            tag: (None, None, false),
            ends: None,
            id: (None, 0),
            remembered: HashMap::default(),
            order: VecDeque::new(),
        }
    }

    fn find(&mut self, finding: Finding, frame: u64) {
        self.findings.entry(finding).or_insert((0, frame)).0 += 1;
    }

    /// Whether the value where VM ids stand is none that the layout has: above the highest; with
    /// bits of the code point or the VLAN id that belong to neither of its parts, as a writer with
    /// a wider layout sets them; a tag for no VM.
    fn is_out_of_range(&self) -> bool {
        let Seen { vm_id: Some(vm_id), priority, dscp, vlan, .. } = self.seen else { return false };
        let layout = self.layout;
        let in_tag = layout.carrier == Carrier::Vlan;
        let carried = if in_tag { vlan.map(|(id, ..)| id) } else { dscp.map(|dscp| dscp << 2) };
        let own = u64::from(layout.vm_id_mask | layout.priority_mask);
        let beside = carried.is_some_and(|bits| bits & !own != 0);
        vm_id > u64::from(layout.max_vm_id())
            || beside && (vm_id != 0 || priority)
            || in_tag && vm_id == 0 && !priority
    }

    /// Compares with what the same datagram had elsewhere: behind another interface, or another
    /// tunnel.
    fn compare(&mut self, frame: u64) {
        let Seen { vm_id, priority, datagram: Some(key), .. } = self.seen else { return };
        let now = (vm_id.unwrap_or(0), priority && vm_id.is_some());
        match self.remembered.get(&key) {
            Some(before) if *before == now => {}
            Some((0, _)) => self.find(Finding::FieldLost, frame),
            Some(_) if now.0 == 0 => self.find(Finding::FieldLost, frame),
            Some(_) => self.find(Finding::FieldChanged, frame),
            None => {
                self.remembered.insert(key, now);
                self.order.push_back(key);
                if self.order.len() > REMEMBERED
                    && let Some(oldest) = self.order.pop_front()
                {
                    self.remembered.remove(&oldest);
                }
            }
        }
    }
}

impl Statistic for Lint {
    fn begin(&mut self, _: &Frame<'_>) {
        self.seen = Seen::default();
        (self.tag, self.ends, self.id) = ((None, None, false), None, (None, 0));
    }

    fn end(&mut self, frame: &Frame<'_>) {
        let number = frame.number;
        if let (Some(ends), (Some(id), offset)) = (self.ends, self.id) {
            // Many senders number whole datagrams 0.
            self.seen.datagram = (id != 0).then_some((ends, id, offset));
        }
        if let (Some(id), Some(priority), dei) = self.tag {
            self.seen.vlan = Some((id, priority, dei));
        }
        let seen = self.seen;
        if seen.priority && seen.vm_id == Some(0) {
            self.find(Finding::PriorityWithoutVm, number);
        }
        let out_of_range = self.is_out_of_range();
        if out_of_range {
            self.find(Finding::VmIdOutOfRange, number);
        }
        if self.layout.carrier == Carrier::Vlan {
            if let Some((id, pcp, dei)) = seen.vlan {
                if seen.priority && pcp & 3 != 0 {
                    self.find(Finding::PcpClash, number);
                }
                if dei && id != 0 {
                    self.find(Finding::DeiClash, number);
                }
                if id == 0xfff && !out_of_range {
                    self.find(Finding::VidReserved, number);
                }
            }
        } else {
            let overlaps = u64::from(self.layout.vm_id_mask & ECN);
            if seen.ecn.is_some_and(|ecn| ecn & overlaps != 0) {
                self.find(Finding::EcnOverlap, number);
            }
            let tagged = seen.vm_id.is_some_and(|vm_id| vm_id != 0) || seen.priority;
            if tagged && seen.checksum_good == Some(false) {
                self.find(Finding::BadChecksum, number);
            }
        }
        self.compare(number);
    }

    fn report(&self) -> Report {
        let rows = self.findings.iter().map(|(finding, (count, first))| {
            let (name, text) = finding.text();
            vec![name.into(), text.into(), (*count).into(), (*first).into()]
        });
        Report {
            name: "fcf_lint",
            title: format!("Flow Control Fields, layout {}", self.layout),
            columns: columns![
                "finding" "Finding", "text" "What it means", "frames" "Frames",
                "first_frame" "First frame",
            ],
            rows: rows.collect(),
        }
    }
}

impl Sink for Lint {
    fn wants(&self, protocol: &'static Protocol) -> bool {
        [&raw const ipv4::PROTOCOL, &raw const vlan::PROTOCOL, &raw const fcf::PROTOCOL]
            .contains(&std::ptr::from_ref(protocol))
    }

    fn enter(&mut self, _: &'static Protocol, _: Place) {}

    fn leave(&mut self) {}

    fn field(&mut self, field: &'static Field, _: Place, value: Value<'_>) {
        match value {
            Value::Unsigned(number) if *field == fcf::VM_ID => {
                self.seen.vm_id.get_or_insert(number);
            }
            Value::Unsigned(number) if *field == ipv4::DSCP => {
                self.seen.dscp.get_or_insert(number);
            }
            Value::Unsigned(number) if *field == ipv4::ECN => {
                self.seen.ecn.get_or_insert(number);
            }
            Value::Unsigned(number) if *field == ipv4::CHECKSUM_STATUS => {
                self.seen.checksum_good.get_or_insert(number == 1);
            }
            Value::Unsigned(number) if *field == ipv4::ID => _ = self.id.0.get_or_insert(number),
            Value::Unsigned(number) if *field == ipv4::FRAG_OFFSET => self.id.1 = number,
            Value::Unsigned(number) if *field == vlan::ID => _ = self.tag.0.get_or_insert(number),
            Value::Unsigned(number) if *field == vlan::PRIORITY => {
                self.tag.1.get_or_insert(number);
            }
            Value::Flag(flag) if *field == vlan::DEI => self.tag.2 |= flag,
            Value::Flag(flag) if *field == fcf::PRIORITY => self.seen.priority |= flag,
            _ => {}
        }
    }

    fn ends(&mut self, ends: Ends) {
        if matches!(ends, Ends::Ipv4(..)) {
            self.ends.get_or_insert(ends);
        }
    }

    fn problem(&mut self, _: Problem) {}
}
