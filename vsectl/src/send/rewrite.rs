//! Changes frames on their way: fields, the Flow Control Field, tags, the time of probes; and repairs
//! the checksums by what changed, so that a wrong one stays wrong.

use std::collections::BTreeMap;

use codec::fcf::{Fcf, FcfError, FcfLayout, set_fcf_ipv4, set_fcf_vlan};
use codec::vse::Carrier;

use super::headers::{Headers, UDP, word};
use crate::craft::{self, FieldPlace, Probe, Protocol};

/// What is changed in the frames.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct RewriteArgs {
    /// Set a field of the outermost headers, as in eth.dst=02:00:00:00:00:01 or udp.dport=5001; the
    /// names are those of craft traffic, or of display filters. The checksums are repaired.
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,

    /// Write the Flow Control Field, as in vm=5,prio or vm=77,layout=vlan.
    #[arg(long, value_name = "vm=N[,prio][,layout=L]")]
    fcf: Option<String>,

    /// Take VLAN tags away.
    #[arg(long, value_enum, value_name = "WHICH", num_args = 0..=1, default_missing_value = "all")]
    strip_vlan: Option<Strip>,

    /// Put a VLAN tag in front, as in id=5,pcp=3.
    #[arg(long, value_name = "id=N[,pcp=N]")]
    add_vlan: Option<String>,

    /// Give probes in the payload the time at which they are sent.
    #[arg(long)]
    stamp: bool,
}

/// Which tags are taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Strip {
    /// The first one.
    Outer,
    /// All.
    All,
}

/// Changes frames.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rewriter {
    sets: Vec<Set>,
    fcf: Option<(FcfLayout, Fcf)>,
    strip: Option<Strip>,
    /// EtherType and TCI of a tag to add.
    tag: Option<[u8; 4]>,
    /// Probes are given the time.
    stamp: bool,
    frame: Vec<u8>,
}

/// A field that is set.
#[derive(Debug, Clone)]
struct Set {
    name: String,
    protocol: Protocol,
    place: FieldPlace,
    value: u128,
    /// Whether the field is itself a checksum.
    is_checksum: bool,
}

/// A frame that cannot be changed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RewriteError {
    /// The header of the field is not there.
    #[error("has no header for {0}")]
    NoHeader(String),
    /// It cannot carry the Flow Control Field.
    #[error("cannot carry the Flow Control Field: {0}")]
    Fcf(#[from] FcfError),
    /// It is shorter than an Ethernet header.
    #[error("is shorter than an Ethernet header")]
    Short,
}

impl RewriteArgs {
    pub(crate) fn rewriter(&self) -> anyhow::Result<Rewriter> {
        let fcf = self.fcf.as_deref().map(|text| craft::parse_fcf(&blanks(text))).transpose()?;
        let tag =
            self.add_vlan.as_deref().map(|text| craft::parse_tag(&blanks(text))).transpose()?;
        let sets = self.set.iter().map(|text| Set::parse(text)).collect::<Result<_, _>>()?;
        let (strip, stamp) = (self.strip_vlan, self.stamp);
        Ok(Rewriter { sets, fcf, strip, tag, stamp, ..Rewriter::default() })
    }
}

/// The text with blanks for the commas outside of parentheses.
fn blanks(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .map(|char| {
            match char {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => return ' ',
                _ => {}
            }
            char
        })
        .collect()
}

impl Set {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let craft::FieldSetting { protocol, field, place, value } = craft::parse_set(text)?;
        let name = text.split('=').next().unwrap_or(text).to_owned();
        Ok(Self { name, protocol, place, value, is_checksum: field == "checksum" })
    }

    /// Where the header of the field begins.
    fn header(&self, headers: &Headers) -> Option<usize> {
        let upper = |wanted: u8| headers.upper.filter(|(protocol, _)| *protocol == wanted);
        match self.protocol {
            Protocol::Ethernet => Some(0),
            Protocol::Vlan => headers.tags.first().copied(),
            Protocol::Arp => headers.arp,
            Protocol::Ipv4 => headers.ipv4,
            Protocol::Ipv6 => headers.ipv6,
            Protocol::Icmp => upper(super::headers::ICMP).map(|(_, at)| at),
            Protocol::Icmpv6 => upper(super::headers::ICMPV6).map(|(_, at)| at),
            Protocol::Udp => upper(UDP).map(|(_, at)| at),
            Protocol::Tcp => upper(super::headers::TCP).map(|(_, at)| at),
            _ => None,
        }
    }
}

impl Rewriter {
    /// Gives probes the time as well.
    pub(crate) fn stamping(self) -> Self {
        Self { stamp: true, ..self }
    }

    fn is_idle(&self) -> bool {
        let Self { sets, fcf, strip, tag, stamp, frame: _ } = self;
        sets.is_empty() && fcf.is_none() && strip.is_none() && tag.is_none() && !stamp
    }

    /// The frame with its changes; it is sent at `time`, nanoseconds since the Unix epoch.
    #[inline]
    pub(super) fn apply<'a>(
        &'a mut self,
        frame: &'a [u8],
        time: u64,
    ) -> Result<&'a [u8], RewriteError> {
        if self.is_idle() {
            return Ok(frame);
        }
        let Some((addresses, rest)) = frame.split_at_checked(12) else {
            return Err(RewriteError::Short);
        };
        let tags = 4 * match self.strip {
            None => 0,
            Some(Strip::Outer) => Headers::find(frame).tags.len().min(1),
            Some(Strip::All) => Headers::find(frame).tags.len(),
        };
        self.frame.clear();
        self.frame.extend_from_slice(addresses);
        self.frame.extend(self.tag.into_iter().flatten());
        self.frame.extend_from_slice(rest.get(tags..).unwrap_or_default());
        let headers = Headers::find(&self.frame);
        for set in &self.sets {
            let at = set.header(&headers);
            let at = at.ok_or_else(|| RewriteError::NoHeader(set.name.clone()))?;
            let (from, to) = set.place.bytes();
            let mut new =
                self.frame.get(at + from..at + to).map(<[u8]>::to_vec).unwrap_or_default();
            if new.is_empty() {
                return Err(RewriteError::NoHeader(set.name.clone()));
            }
            set.place.write(set.value, &mut new);
            if set.is_checksum {
                put(&mut self.frame, at + from, &new);
            } else {
                replace(&mut self.frame, &headers, at + from, &new);
            }
        }
        if let Some((layout, field)) = self.fcf {
            if layout.carrier == Carrier::Vlan {
                set_fcf_vlan(layout, field, &mut self.frame)?;
            } else {
                let at = headers.ipv4;
                let header = at.and_then(|at| self.frame.get_mut(at..)).unwrap_or_default();
                set_fcf_ipv4(layout, field, header)?;
            }
        }
        if self.stamp
            && let Some(at) = Probe::find(&self.frame)
        {
            replace(&mut self.frame, &headers, at + Probe::TIME_OFFSET, &time.to_be_bytes());
        }
        Ok(&self.frame)
    }
}

fn put(frame: &mut [u8], at: usize, new: &[u8]) {
    if let Some(place) = frame.get_mut(at..at + new.len()) {
        place.copy_from_slice(new);
    }
}

/// Writes `new` at `at`, and repairs the checksums that cover it.
fn replace(frame: &mut [u8], headers: &Headers, at: usize, new: &[u8]) {
    // The checksums that change, each with where it begins to count.
    let mut sums = BTreeMap::new();
    let within = |from: usize, to: usize| from <= at && at + new.len() <= to;
    if let Some(ip) = headers.ipv4 {
        let upper = headers.upper.map_or(ip + 20, |(_, upper)| upper);
        if within(ip, upper) {
            sums.insert(ip + 10, ip);
        }
    }
    let addresses = match (headers.ipv4, headers.ipv6) {
        (Some(ip), _) => Some((ip + 12, ip + 20)),
        (_, Some(ip)) => Some((ip + 8, ip + 40)),
        _ => None,
    };
    if let (Some((protocol, upper)), Some(checksum)) = (headers.upper, headers.upper_checksum()) {
        // ICMP for IPv4 does not cover the addresses.
        let covers_addresses = protocol != super::headers::ICMP
            && addresses.is_some_and(|(from, to)| within(from, to));
        let is_none = protocol == UDP && word(frame, checksum) == Some(0);
        if (covers_addresses || at >= upper) && !is_none {
            sums.insert(checksum, upper);
        }
    }
    let len = new.len();
    for (sum, from) in sums {
        let Some(old_sum) = word(frame, sum) else { continue };
        // Whole words, counted from where the checksum begins; header lengths are even.
        let first = at - (at + from) % 2;
        let last = (at + len + (at + len + from) % 2).min(frame.len());
        let Some(old) = frame.get(first..last).map(<[u8]>::to_vec) else { continue };
        let mut changed = old.clone();
        put(&mut changed, at - first, new);
        let mut new_sum = craft::updated_checksum(old_sum, &old, &changed);
        let is_udp =
            headers.upper.is_some_and(|(protocol, upper)| protocol == UDP && sum == upper + 6);
        if is_udp && new_sum == 0 {
            new_sum = 0xffff;
        }
        put(frame, sum, &new_sum.to_be_bytes());
    }
    put(frame, at, new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::craft::{Combine, Family, Spec, parse};

    fn frame(text: &str) -> Vec<u8> {
        let layers = parse(text).unwrap();
        let spec = Spec { layers, count: None, seed: 0, combine: Combine::Product };
        Family::new(spec).unwrap().next(0).unwrap().unwrap().to_vec()
    }

    /// What becomes of a frame by one change is the frame that is crafted so.
    #[test]
    fn as_if_crafted_so() {
        let set = |text: &str| RewriteArgs { set: vec![text.to_owned()], ..RewriteArgs::default() };
        let fcf = |text: &str| RewriteArgs { fcf: Some(text.to_owned()), ..RewriteArgs::default() };
        let strip = |strip| RewriteArgs { strip_vlan: Some(strip), ..RewriteArgs::default() };
        let add =
            |text: &str| RewriteArgs { add_vlan: Some(text.to_owned()), ..RewriteArgs::default() };
        for (args, before, after) in [
            (set("eth.dst=02:00:00:00:00:09"), "ip / udp", "eth dst=02:00:00:00:00:09 / ip / udp"),
            (
                set("ip.src=10.0.0.9"),
                "ip / udp / payload len=3",
                "ip src=10.0.0.9 / udp / payload len=3",
            ),
            (set("ip.dst=10.0.0.9"), "ip / tcp", "ip dst=10.0.0.9 / tcp"),
            (set("ip.dst=10.0.0.9"), "ip / icmp", "ip dst=10.0.0.9 / icmp"),
            (set("ip.ttl=9"), "vlan id=3 / ip / tcp", "vlan id=3 / ip ttl=9 / tcp"),
            (set("ip.dsfield.dscp=46"), "ip tos=3 / tcp", "ip dscp=46 ecn=3 / tcp"),
            (set("ip.checksum=0x1234"), "ip / tcp", "ip checksum=0x1234 / tcp"),
            (
                set("ip.id=7"),
                "ip options=94040000 bad-checksum / tcp bad-checksum",
                "ip id=7 options=94040000 bad-checksum / tcp bad-checksum",
            ),
            (
                set("udp.dstport=53"),
                "ip6 / udp / payload len=9",
                "ip6 / udp dport=53 / payload len=9",
            ),
            (set("udp.dport=53"), "ip / udp checksum=0", "ip / udp dport=53 checksum=0"),
            (set("ip6.src=2001:db8::9"), "ip6 / icmp6", "ip6 src=2001:db8::9 / icmp6"),
            (set("tcp.seq=77"), "ip / tcp", "ip / tcp seq=77"),
            (set("vlan.pcp=5"), "qinq id=7 / vlan id=9 / ip", "qinq id=7 pcp=5 / vlan id=9 / ip"),
            (set("arp.tpa=10.0.0.9"), "arp", "arp tpa=10.0.0.9"),
            (fcf("vm=5,prio"), "ip ecn=1 / udp", "ip ecn=1 fcf vm=5 prio / udp"),
            (fcf("vm=77,layout=vlan"), "vlan id=5 dei / ip", "vlan dei fcf vm=77 / ip"),
            (fcf("vm=100,layout=tos8"), "ip / udp", "ip fcf layout=tos8 vm=100 / udp"),
            (strip(Strip::All), "qinq id=7 / vlan id=9 / ip / udp", "ip / udp"),
            (strip(Strip::Outer), "qinq id=7 / vlan id=9 / ip / udp", "vlan id=9 / ip / udp"),
            (add("id=5,pcp=3"), "ip / udp", "vlan id=5 pcp=3 / ip / udp"),
        ] {
            let before = frame(before);
            let mut rewriter = args.rewriter().unwrap();
            let changed = rewriter.apply(&before, 0).unwrap();
            assert_eq!(changed, frame(after), "{after}");
        }
    }

    #[test]
    fn a_probe_is_given_the_time() {
        let before = frame("ip / udp / payload text=x probe len=40");
        let mut rewriter =
            RewriteArgs { stamp: true, ..RewriteArgs::default() }.rewriter().unwrap();
        let after = frame("ip / udp / payload text=x probe time=99 len=40");
        assert_eq!(rewriter.apply(&before, 99).unwrap(), after);
    }

    #[test]
    fn what_cannot_be_changed_is_told() {
        let error = |args: RewriteArgs, text: &str| {
            let frame = frame(text);
            let mut rewriter = args.rewriter().unwrap();
            rewriter.apply(&frame, 0).unwrap_err().to_string()
        };
        let set = RewriteArgs { set: vec!["tcp.seq=1".to_owned()], ..RewriteArgs::default() };
        assert_eq!(error(set, "ip / udp"), "has no header for tcp.seq");
        let fcf = RewriteArgs { fcf: Some("vm=5".to_owned()), ..RewriteArgs::default() };
        assert!(error(fcf, "arp").starts_with("cannot carry"));
        for wrong in [
            "eth.dest=1",
            "udp=1",
            "payload.len=3",
            "udp.dport",
            "udp.dport=1-2",
            "udp.dport=random",
        ] {
            let args = RewriteArgs { set: vec![wrong.to_owned()], ..RewriteArgs::default() };
            assert!(args.rewriter().is_err(), "{wrong}");
        }
    }
}
