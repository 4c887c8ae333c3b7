//! The frames that are measured.

/// A datagram of 18 bytes to a port of UDP: 60 bytes with its headers.
pub(crate) fn udp(port: u16) -> Vec<u8> {
    let mut frame = ethernet();
    frame.extend(ipv4(17, 8 + 18));
    frame.extend(5000_u16.to_be_bytes());
    frame.extend(port.to_be_bytes());
    frame.extend([0, 26, 0, 0]);
    frame.extend([0; 18]);
    frame
}

/// The same in VXLAN.
pub(crate) fn vxlan() -> Vec<u8> {
    let inner = udp(53);
    let mut frame = ethernet();
    let len = u16::try_from(8 + 8 + inner.len()).unwrap();
    frame.extend(ipv4(17, len));
    frame.extend(40_000_u16.to_be_bytes());
    frame.extend(4789_u16.to_be_bytes());
    frame.extend(len.to_be_bytes());
    frame.extend([0, 0, 8, 0, 0, 0, 0, 0, 77, 0]);
    frame.extend(inner);
    frame
}

fn ethernet() -> Vec<u8> {
    vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]
}

fn ipv4(proto: u8, payload: u16) -> Vec<u8> {
    let [high, low] = (20 + payload).to_be_bytes();
    let mut header = vec![0x45, 0, high, low, 0, 0, 0, 0, 64, proto, 0, 0];
    header.extend([192, 0, 2, 1, 192, 0, 2, 2]);
    header
}
