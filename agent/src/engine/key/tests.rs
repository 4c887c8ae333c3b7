//! Frames and the keys that they give.

use codec::vse::TunnelType;
use proptest::prelude::*;

use super::*;
use codec::fcf::FcfLayout;

fn key(frame: &[u8]) -> PacketKey {
    PacketKey::extract(frame, PortNo(3), &FcfLayout::DSCP)
}

fn ethernet(dl_type: u16, payload: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1][..], &dl_type.to_be_bytes(), payload].concat()
}

/// An IPv4 header with `options` and what it carries.
fn ipv4(fragment: u16, proto: u8, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let ihl = u8::try_from(5 + options.len() / 4).unwrap();
    let [f0, f1] = fragment.to_be_bytes();
    let header = [0x40 | ihl, 0x95, 0, 0, 0, 0, f0, f1, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    [&header[..], options, payload].concat()
}

fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    [&[0x69, 0x50, 0, 0, 0, 0, next, 64][..], &[0; 32], payload].concat()
}

const UDP: [u8; 8] = [0, 7, 0, 53, 0, 8, 0, 0];

fn fields(key: &PacketKey, fields: &[MatchField]) -> Vec<u64> {
    fields.iter().map(|field| key.field(*field)).collect()
}

const PORTS: [MatchField; 3] = [MatchField::NwProto, MatchField::TpSrc, MatchField::TpDst];

#[test]
fn udp_in_ipv4_with_options() {
    for options in [&[][..], &[1; 4], &[1; 40]] {
        let key = key(&ethernet(0x0800, &ipv4(0x4000, 17, options, &UDP)));
        assert_eq!(fields(&key, &PORTS), [17, 7, 53]);
        assert_eq!(fields(&key, &[MatchField::NwTos, MatchField::NwSrc]), [0x94, 0x0a00_0001]);
        assert_eq!((key.vm_id(), key.is_priority(), key.in_port()), (5, true, PortNo(3)));
        assert_eq!(key.presence(), Presence::FCF | Presence::IP);
        assert_eq!(key.field(MatchField::DlVlan), 0xffff);
    }
}

#[test]
fn all_fragments_of_a_datagram_have_one_key_but_for_ip_frag() {
    let first = key(&ethernet(0x0800, &ipv4(0x2000, 17, &[], &UDP)));
    let middle = key(&ethernet(0x0800, &ipv4(0x2001, 17, &[], &UDP)));
    let last = key(&ethernet(0x0800, &ipv4(0x0002, 17, &[], &UDP)));
    let frags = [&first, &middle, &last].map(|key| key.field(MatchField::IpFrag));
    assert_eq!(frags, [1, 3, 3]);
    assert_eq!(middle, last);
    assert_eq!(fields(&first, &PORTS), [17, 0, 0]);
    assert_eq!(first.rxhash(), last.rxhash());
    let frag = |word: u16| [&[17, 0][..], &word.to_be_bytes(), &[0; 4], &UDP].concat();
    let first = key(&ethernet(0x86dd, &ipv6(44, &frag(1))));
    let last = key(&ethernet(0x86dd, &ipv6(44, &frag(8))));
    assert_eq!([&first, &last].map(|key| key.field(MatchField::IpFrag)), [1, 3]);
    assert_eq!(fields(&first, &PORTS), [17, 0, 0]);
    assert_eq!(fields(&last, &PORTS), [17, 0, 0]);
    assert_eq!(first.rxhash(), last.rxhash());
    // Behind hop-by-hop options, and in front of destination options.
    let behind = |fragment: Vec<u8>| [&[44, 0, 0, 0, 0, 0, 0, 0][..], &fragment].concat();
    let options =
        |word: u16| [&[60, 0][..], &word.to_be_bytes(), &[0; 4], &[17], &[0; 7], &UDP].concat();
    let first = key(&ethernet(0x86dd, &ipv6(0, &behind(options(1)))));
    let last = key(&ethernet(0x86dd, &ipv6(0, &behind(options(8)))));
    assert_eq!([fields(&first, &PORTS), fields(&last, &PORTS)], [[60, 0, 0]; 2]);
    assert_eq!(first.rxhash(), last.rxhash());
}

#[test]
fn ipv6_steps_over_six_extension_headers_and_no_more() {
    let chain = |count: usize| {
        let mut bytes = Vec::new();
        for number in 1..=count {
            bytes.extend([if number == count { 17 } else { 60 }, 0, 0, 0, 0, 0, 0, 0]);
        }
        bytes.extend(UDP);
        key(&ethernet(0x86dd, &ipv6(if count == 0 { 17 } else { 60 }, &bytes)))
    };
    for count in 0..=MAX_EXTENSION_HEADERS {
        assert_eq!(fields(&chain(count), &PORTS), [17, 7, 53], "{count}");
    }
    assert_eq!(fields(&chain(MAX_EXTENSION_HEADERS + 1), &PORTS), [60, 0, 0]);
    assert_eq!(chain(0).field(MatchField::NwTos), 0x94);
}

#[test]
fn tags_the_outermost_counts_and_a_third_is_the_type() {
    let tags = |count: u8| {
        let mut bytes = Vec::new();
        for number in 1..=count {
            let next: [u8; 2] = if number == count { [8, 0] } else { [0x81, 0] };
            bytes.extend([0xa0, number, next[0], next[1]]);
        }
        bytes.extend(ipv4(0, 17, &[], &UDP));
        ethernet(0x88a8, &bytes)
    };
    let of = |count| {
        let tagged = PacketKey::extract(&tags(count), PortNo(3), &FcfLayout::VLAN);
        let all =
            [MatchField::DlVlan, MatchField::DlVlanPcp, MatchField::DlType, MatchField::TpDst];
        (fields(&tagged, &all), tagged.vm_id(), tagged.is_priority())
    };
    assert_eq!(of(1), (vec![1, 5, 0x0800, 53], 1, true));
    assert_eq!(of(2), (vec![1, 5, 0x0800, 53], 1, true));
    assert_eq!(of(3), (vec![1, 5, 0x8100, 0], 1, true));
}

#[test]
fn arp_icmp_esp_and_lengths() {
    let arp =
        [0, 1, 8, 0, 6, 4, 0, 2, 0, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 2, 10, 0, 0, 2];
    let arp = key(&ethernet(0x0806, &arp));
    let network = [MatchField::NwProto, MatchField::NwSrc, MatchField::NwDst];
    assert_eq!(fields(&arp, &network), [2, 0x0a00_0001, 0x0a00_0002]);
    assert_eq!(arp.presence(), Presence::empty());
    let icmp = key(&ethernet(0x0800, &ipv4(0, 1, &[], &[8, 4, 0, 0])));
    assert_eq!(fields(&icmp, &PORTS), [1, 8, 4]);
    let esp = key(&ethernet(0x0800, &ipv4(0, 50, &[], &[0, 0, 1, 0, 9, 9, 9, 9])));
    assert_eq!((esp.field(MatchField::EspSpi), esp.field(MatchField::TpDst)), (256, 0));
    assert!(esp.presence().contains(Presence::SPI));
    let llc = |payload: &[u8]| key(&ethernet(60, payload)).field(MatchField::DlType);
    assert_eq!(llc(&[0x42, 0x42, 3]), 0x05ff);
    assert_eq!(llc(&[0xaa, 0xaa, 3, 0, 0, 0, 0x88, 0xb5]), 0x88b5);
}

#[test]
fn tunnels() {
    let inner = ethernet(0x0800, &ipv4(0, 6, &[], &[0, 1, 0, 80]));
    let udp = |port: u16, rest: &[u8]| {
        let port = port.to_be_bytes();
        [&[0, 7, port[0], port[1], 0, 0, 0, 0][..], rest].concat()
    };
    let ip = |proto, rest: &[&[u8]]| ethernet(0x0800, &ipv4(0, proto, &[], &rest.concat()));
    let stt_len = u8::try_from(18 + inner.len()).unwrap();
    let mut stt = vec![0, 7, 0x1d, 0x2f, 0, stt_len, 0, 0];
    stt.extend([0; 20]);
    stt.extend([0, 0, 0, 0, 0, 0, 0, 42, 0, 0]);
    for (kind, frame) in [
        (TunnelType::Vxlan, ip(17, &[&udp(4789, &[8, 0, 0, 0, 0, 0, 42, 0]), &inner])),
        (TunnelType::Vxlan, ip(17, &[&udp(8472, &[8, 0, 0, 0, 0, 0, 42, 0]), &inner])),
        (TunnelType::VxlanGpe, ip(17, &[&udp(4790, &[12, 0, 0, 3, 0, 0, 42, 0]), &inner])),
        (
            TunnelType::Geneve,
            ip(17, &[&udp(6081, &[1, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 2, 3, 4]), &inner]),
        ),
        (TunnelType::Nvgre, ip(47, &[&[0x20, 0, 0x65, 0x58, 0, 0, 42, 9], &inner])),
        (TunnelType::Stt, ip(6, &[&stt, &inner])),
    ] {
        let key = key(&frame);
        assert_eq!(key.field(MatchField::TunType), u64::from(u8::from(kind)), "{kind}");
        let all = [
            MatchField::TunId,
            MatchField::InnerDlType,
            MatchField::InnerDlVlan,
            MatchField::InnerNwProto,
            MatchField::InnerNwDst,
            MatchField::InnerTpDst,
        ];
        assert_eq!(fields(&key, &all), [42, 0x0800, 0xffff, 6, 0x0a00_0002, 80], "{kind}");
    }
    let gpe = ip(17, &[&udp(4790, &[12, 0, 0, 1, 0, 0, 42, 0]), &inner[14..]]);
    let gpe = key(&gpe);
    assert_eq!(gpe.field(MatchField::InnerTpDst), 80);
    assert!(!gpe.presence().contains(Presence::INNER_ETHERNET));
    let fragment = ipv4(0x2000, 17, &[], &udp(4789, &[8, 0, 0, 0, 0, 0, 42, 0]));
    assert!(!key(&ethernet(0x0800, &fragment)).presence().contains(Presence::TUNNEL));
}

#[test]
fn every_field_has_its_own_bits() {
    let mut words = [0; KEY_WORDS];
    for place in FIELDS {
        assert_eq!(place.read(&words), 0, "{}", place.field);
        place.write(&mut words, u64::MAX);
        assert_eq!(place.read(&words), place.ones());
    }
    let named = MatchField::ALL.iter().all(|field| Place::of(*field).is_some());
    assert!(named && FIELDS.len() == MatchField::ALL.len());
}

proptest! {
    #[test]
    fn any_bytes_give_a_key(frame in proptest::collection::vec(any::<u8>(), 0..200), n in 0..9_usize) {
        let types: [&[u8]; 9] =
            [&[], &[8, 0, 0x45], &[0x86, 0xdd, 0x60], &[0x81, 0], &[8, 6], &[8, 0, 0x4f], &[0, 40], &[0x88, 0xa8], &[8, 0, 0x41]];
        let mut frame = frame;
        if frame.len() > 20 {
            frame[12..12 + types[n].len()].copy_from_slice(types[n]);
        }
        for layout in [FcfLayout::DSCP, FcfLayout::VLAN] {
            for len in 0..=frame.len() {
                let key = PacketKey::extract(&frame[..len], PortNo(1), &layout);
                prop_assert!(key.rxhash() != 0);
            }
        }
    }
}
