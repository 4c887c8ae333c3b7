//! The layers: one file a family of protocols, each with its table of fields and its header.

mod arp;
mod esp;
mod icmp;
mod ipv4;
mod ipv6;
mod link;
mod payload;
mod tcp;
mod tunnel;
mod udp;

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use codec::fcf::{Fcf, FcfError, FcfLayout};
use pnet::util::MacAddr;

use super::field::{FieldType, Kind, LayerType, Protocol};
use super::session::Segment;
use super::spec::Layer;
use super::values::{Item, Values};

pub(super) use link::ETHERNET;
pub(super) use udp::LAYER as UDP;

/// Every kind of layer.
pub(crate) static LAYERS: [&LayerType; 15] = [
    &ETHERNET,
    &link::VLAN,
    &link::QINQ,
    &arp::LAYER,
    &ipv4::LAYER,
    &ipv6::LAYER,
    &icmp::ICMP,
    &icmp::ICMPV6,
    &udp::LAYER,
    &tcp::LAYER,
    &tunnel::VXLAN,
    &tunnel::NVGRE,
    &tunnel::GENEVE,
    &esp::LAYER,
    &payload::LAYER,
];

/// The fields of datagrams that are cut.
const FRAG: FieldType = FieldType::new("frag", Kind::Switch, "cut into fragments");
const MTU: FieldType =
    FieldType::new("mtu", Kind::Number(16), "bytes of a fragment at most, with its header")
        .needs("frag");
const ORDER: FieldType = FieldType::new(
    "order",
    Kind::Word(&["sorted", "reversed", "shuffled"]),
    "which fragments come first",
)
.needs("frag");

/// A packet that cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum BuildError {
    /// A length does not fit its field.
    #[error("{layer}: {len} bytes do not fit its length field; give a shorter payload, or len=")]
    TooLong {
        /// The layer.
        layer: &'static str,
        /// What it would have to say.
        len: usize,
    },
    /// The Flow Control Field cannot hold the values.
    #[error(transparent)]
    Fcf(FcfError),
    /// Options do not fit their header.
    #[error("{layer}: {len} bytes of options, and there is room for 40")]
    Options {
        /// The layer.
        layer: &'static str,
        /// The bytes.
        len: usize,
    },
    /// A fragment would hold nothing of its datagram.
    #[error("mtu={mtu} leaves no room for 8 bytes behind the header of {header} bytes")]
    Mtu {
        /// The bytes of a fragment, header included.
        mtu: usize,
        /// The header.
        header: usize,
    },
    /// A probe needs 24 bytes.
    #[error("a probe is 24 bytes, and the payload has {0}")]
    Probe(usize),
}

impl From<FcfError> for BuildError {
    fn from(error: FcfError) -> Self {
        Self::Fcf(error)
    }
}

/// A layer of a packet: each of its settings has one value now.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) layer: &'a Layer,
    /// Beside the settings of the layer; 0 for those that are no numbers.
    pub(super) values: &'a [u128],
}

/// Which part of a datagram a fragment is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fragment {
    /// In 8 bytes.
    pub(super) offset: u16,
    pub(super) more: bool,
}

/// A packet to be built.
#[derive(Debug)]
pub(super) struct Stack<'a> {
    pub(super) views: Vec<View<'a>>,
    /// What random bytes and orders come from.
    pub(super) seed: u64,
    /// The identification of a datagram that is cut and has none of its own.
    pub(super) datagram: u16,
}

/// What of a frame is built, and which way it goes.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) bytes: Vec<u8>,
    /// The checksums in it, the inner ones first.
    pub(super) sums: Vec<Sum>,
    /// Whether it goes from the destination to the source: the other half of a session.
    pub(super) reversed: bool,
}

/// A checksum that was computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    /// Where it stands.
    pub(super) at: usize,
    /// The bytes that it covers.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) pseudo: Pseudo,
    /// Whether a checksum of 0 is written as 0xffff, since 0 means none.
    pub(super) zero_is_none: bool,
    /// What makes it wrong, where that was asked for.
    pub(super) flip: u16,
}

/// The addresses that a checksum covers as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pseudo {
    None,
    /// Those of the IP header that is still to come.
    Next,
    /// These bytes.
    At(usize, usize),
}

/// Makes a checksum wrong: never by a multiple of 65535, nor to the 0 that means none.
pub(super) const WRONG: u16 = 0x0200;

impl Part {
    /// Puts a header in front.
    pub(super) fn prepend(&mut self, mut header: Vec<u8>) {
        let len = header.len();
        for sum in &mut self.sums {
            sum.at += len;
            sum.from += len;
            sum.to += len;
            if let Pseudo::At(from, to) = &mut sum.pseudo {
                *from += len;
                *to += len;
            }
        }
        header.append(&mut self.bytes);
        self.bytes = header;
    }

    /// Puts an IP header in front, whose addresses are at `addresses`.
    fn prepend_ip(&mut self, header: Vec<u8>, addresses: (usize, usize)) {
        self.prepend(header);
        for sum in &mut self.sums {
            if sum.pseudo == Pseudo::Next {
                sum.pseudo = Pseudo::At(addresses.0, addresses.1);
            }
        }
    }

    /// Writes the checksum of all bytes at `at`, `right` unless the layer says otherwise.
    fn finish_sum(&mut self, view: View<'_>, at: usize, pseudo: Pseudo, right: u16) {
        let zero_is_none = view.layer.r#type.protocol == Protocol::Udp;
        let right = if zero_is_none && right == 0 { 0xffff } else { right };
        let value = if let Some(given) = view.number("checksum") {
            low16(given)
        } else {
            let flip = if view.is("bad-checksum") { WRONG } else { 0 };
            let to = self.bytes.len();
            self.sums.push(Sum { at, from: 0, to, pseudo, zero_is_none, flip });
            right ^ flip
        };
        if let Some(place) = self.bytes.get_mut(at..at + 2) {
            place.copy_from_slice(&value.to_be_bytes());
        }
    }
}

impl View<'_> {
    /// The number of that field, where it is set.
    pub(super) fn number(self, name: &str) -> Option<u128> {
        let at = self.layer.settings.iter().position(|setting| setting.field.name == name)?;
        self.values.get(at).copied()
    }

    fn values(&self, name: &str) -> Option<&Values> {
        self.layer.values(name)
    }

    /// Whether the word stands there.
    pub(super) fn is(self, name: &str) -> bool {
        self.number(name).is_some_and(|value| value != 0)
    }

    fn u8(self, name: &str, or: u8) -> u8 {
        self.number(name).map_or(or, |value| u8::try_from(value & 0xff).unwrap_or(or))
    }

    pub(super) fn u16(self, name: &str, or: u16) -> u16 {
        self.number(name).map_or(or, low16)
    }

    pub(super) fn u32(self, name: &str, or: u32) -> u32 {
        self.number(name).map_or(or, |value| u32::try_from(value & 0xffff_ffff).unwrap_or(or))
    }

    fn mac(self, name: &str, or: MacAddr) -> MacAddr {
        let octets = |value: u128| {
            let octets = value.to_be_bytes().last_chunk::<6>().copied();
            MacAddr::from(octets.unwrap_or_default())
        };
        self.number(name).map_or(or, octets)
    }

    fn ipv4(self, name: &str, or: Ipv4Addr) -> Ipv4Addr {
        Ipv4Addr::from(self.u32(name, or.into()))
    }

    fn ipv6(self, name: &str, or: Ipv6Addr) -> Ipv6Addr {
        self.number(name).map_or(or, Ipv6Addr::from)
    }

    /// What a field that is no number has.
    fn item(&self, name: &str) -> Option<&Item> {
        let place = self.number(name).unwrap_or(0);
        self.values(name)?.items().get(usize::try_from(place).ok()?)
    }

    fn bytes(&self, name: &str) -> Cow<'_, [u8]> {
        if let Some(Values::Noise(len)) = self.values(name) {
            let seed = self.number(name).unwrap_or(0) & u128::from(u64::MAX);
            let mut random = fastrand::Rng::with_seed(u64::try_from(seed).unwrap_or(0));
            return std::iter::repeat_with(|| random.u8(..)).take(*len).collect();
        }
        match self.item(name) {
            Some(Item::Bytes(bytes)) => Cow::Borrowed(bytes),
            Some(Item::Text(text)) => Cow::Borrowed(text.as_bytes()),
            _ => Cow::Borrowed(&[]),
        }
    }

    /// The word that was chosen for a field.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        match self.item(name) {
            Some(Item::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The layout of the Flow Control Field.
    pub(super) fn layout(self) -> FcfLayout {
        match self.item("layout") {
            Some(Item::Layout(layout)) => *layout,
            _ => usual_layout(self.layer),
        }
    }

    /// Writes the Flow Control Field into the bits of its carrier, if the layer has one.
    fn fcf(self, bits: u16) -> Result<u16, BuildError> {
        if !self.is("fcf") {
            return Ok(bits);
        }
        let field = Fcf { vm_id: self.u16("vm", 0), priority: self.is("prio") };
        Ok(self.layout().write(field, bits)?)
    }
}

/// The layouts that the Flow Control Field has in a layer, at least one.
pub(super) fn layouts(layer: &Layer) -> Vec<FcfLayout> {
    let items = layer.values("layout").map_or(&[][..], Values::items);
    let layouts = items.iter().filter_map(|item| match item {
        Item::Layout(layout) => Some(*layout),
        Item::Bytes(_) | Item::Text(_) => None,
    });
    let layouts: Vec<FcfLayout> = layouts.collect();
    if layouts.is_empty() { vec![usual_layout(layer)] } else { layouts }
}

/// The layout where none is given.
fn usual_layout(layer: &Layer) -> FcfLayout {
    match layer.r#type.protocol {
        Protocol::Vlan => FcfLayout::VLAN,
        _ => FcfLayout::DSCP,
    }
}

impl<'a> Stack<'a> {
    pub(super) fn view(&self, at: usize) -> Option<View<'a>> {
        self.views.get(at).copied()
    }

    /// The protocol of the layer behind `at`.
    fn above(&self, at: usize) -> Option<Protocol> {
        self.view(at + 1).map(|view| view.layer.r#type.protocol)
    }

    fn ethertype_above(&self, at: usize) -> u16 {
        let Some(above) = self.view(at + 1) else { return link::NOTHING };
        match above.layer.r#type.protocol {
            Protocol::Vlan => link::tpid(above),
            Protocol::Arp => 0x0806,
            Protocol::Ipv4 => 0x0800,
            Protocol::Ipv6 => 0x86dd,
            _ => link::NOTHING,
        }
    }

    fn ip_protocol_above(&self, at: usize) -> u8 {
        match self.above(at) {
            Some(Protocol::Icmp) => 1,
            Some(Protocol::Ipv4) => 4,
            Some(Protocol::Tcp) => 6,
            Some(Protocol::Udp) => 17,
            Some(Protocol::Ipv6) => 41,
            Some(Protocol::Nvgre) => 47,
            Some(Protocol::Esp) => 50,
            Some(Protocol::Icmpv6) => 58,
            // RFC 3692: for experiments.
            _ => 253,
        }
    }

    /// Whether the datagram that the layer is in has addresses of IPv4.
    fn addresses(&self, at: usize, reversed: bool) -> Option<Addresses> {
        let below = self.view(at.checked_sub(1)?)?;
        match below.layer.r#type.protocol {
            Protocol::Ipv4 => Some(Addresses::V4(ipv4::addresses(below, reversed))),
            Protocol::Ipv6 => Some(Addresses::V6(ipv6::addresses(below, reversed))),
            _ => None,
        }
    }
}

/// Source and destination.
#[derive(Debug, Clone, Copy)]
enum Addresses {
    V4((Ipv4Addr, Ipv4Addr)),
    V6((Ipv6Addr, Ipv6Addr)),
}

/// Puts the header of the layer `at` in front of `part`; TCP as `segment` says, where there is one.
pub(super) fn build(
    stack: &Stack<'_>,
    at: usize,
    part: &mut Part,
    segment: Option<&Segment>,
) -> Result<(), BuildError> {
    let Some(view) = stack.view(at) else { return Ok(()) };
    match view.layer.r#type.protocol {
        Protocol::Ethernet => link::build_ethernet(stack, at, view, part),
        Protocol::Vlan => return link::build_vlan(stack, at, view, part),
        Protocol::Arp => arp::build(view, part),
        Protocol::Ipv4 => return ipv4::build(stack, at, view, part, Fragment::default()),
        Protocol::Ipv6 => return ipv6::build(stack, at, view, part, None),
        Protocol::Icmp => icmp::build(view, part),
        Protocol::Icmpv6 => icmp::build_v6(stack, at, view, part),
        Protocol::Udp => return udp::build(stack, at, view, part),
        Protocol::Tcp => return tcp::build(stack, at, view, part, segment),
        Protocol::Vxlan => tunnel::build_vxlan(view, part),
        Protocol::Nvgre => tunnel::build_nvgre(view, part),
        Protocol::Geneve => tunnel::build_geneve(view, part),
        Protocol::Esp => esp::build(stack, at, view, part),
        Protocol::Payload => return payload::build(stack.seed, view, part),
    }
    Ok(())
}

/// Bytes that stand in each fragment of the datagram of a layer, in front of what it carries.
pub(super) fn fragment_header_len(view: View<'_>) -> usize {
    match view.layer.r#type.protocol {
        Protocol::Ipv6 => ipv6::FRAGMENT_HEADER_LEN,
        _ => ipv4::header_len(view),
    }
}

/// Puts the header of a fragment in front of `part`, the part of the datagram that it carries.
pub(super) fn build_fragment(
    stack: &Stack<'_>,
    at: usize,
    view: View<'_>,
    part: &mut Part,
    fragment: Fragment,
) -> Result<(), BuildError> {
    match view.layer.r#type.protocol {
        Protocol::Ipv6 => ipv6::build(stack, at, view, part, Some(fragment)),
        _ => ipv4::build(stack, at, view, part, fragment),
    }
}

/// The pair, or for the other half of a session the pair the other way round.
fn directed<T>(pair: (T, T), reversed: bool) -> (T, T) {
    if reversed { (pair.1, pair.0) } else { pair }
}

fn low16(value: u128) -> u16 {
    u16::try_from(value & 0xffff).unwrap_or(u16::MAX)
}

/// The length, as the layer's 16-bit field has it.
fn length(view: View<'_>, len: usize) -> Result<u16, BuildError> {
    match view.number("len") {
        Some(given) => Ok(low16(given)),
        None => u16::try_from(len)
            .map_err(|_| BuildError::TooLong { layer: view.layer.r#type.name, len }),
    }
}
