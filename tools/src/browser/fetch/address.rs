//! Which addresses the fetcher may dial: public ones.
//!
//! A page the model was told to open may point anywhere, and a name may resolve to anything; what
//! lies on this machine, on the local network or at a cloud's metadata service is not the model's
//! business. The same goes for a public address that is this machine's or a neighbour's, and for ports where no
//! web server listens. This decides on an address alone: nothing here resolves or dials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where web servers listen: the two of the standard and those that IANA or custom gives to HTTP beside them.
pub const WEB_PORTS: [u16; 9] = [80, 443, 8000, 8008, 8080, 8081, 8088, 8443, 8888];

/// An address of one of this machine's interfaces, and the bits that it shares with its neighbours.
#[derive(Debug, Clone, Copy)]
pub struct Own {
    pub address: IpAddr,
    pub prefix: u8,
}

/// Shorter prefixes (bits) are not one local network, but routes to many.
const LEAST_PREFIX_4: u8 = 16;
const LEAST_PREFIX_6: u8 = 48;

/// The addresses of this machine's interfaces, as they are now.
///
/// # Errors
/// The system does not tell.
pub fn own() -> std::io::Result<Vec<Own>> {
    let found = if_addrs::get_if_addrs()?.into_iter().map(|interface| match interface.addr {
        if_addrs::IfAddr::V4(v4) => Own { address: v4.ip.into(), prefix: v4.prefixlen },
        if_addrs::IfAddr::V6(v6) => Own { address: v6.ip.into(), prefix: v6.prefixlen },
    });
    Ok(found.collect())
}

/// Why `address` must not be dialled from a machine with the addresses `own`; `None` for public addresses of
/// others.
pub fn refused(address: IpAddr, own: &[Own]) -> Option<&'static str> {
    forbidden(address).or_else(|| {
        let address = match address {
            IpAddr::V6(v6) => embedded_v4(v6.segments()).map_or(address, IpAddr::V4),
            IpAddr::V4(_) => address,
        };
        own.iter().find_map(|own| near(address, own))
    })
}

fn near(address: IpAddr, own: &Own) -> Option<&'static str> {
    let (differing, length, least) = match (address, own.address.to_canonical()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits() ^ b.to_bits()), 32, LEAST_PREFIX_4),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits(), 128, LEAST_PREFIX_6),
        _ => return None,
    };
    if differing == 0 {
        return Some("this machine's own");
    }
    let rest = u32::from(length - own.prefix.min(length));
    (own.prefix >= least && differing.checked_shr(rest) == Some(0)).then_some("neighbouring")
}

/// Why `address` must not be dialled; `None` for public addresses.
///
/// The ranges are those of IANA's special-purpose address registries (RFC 6890 and its updates),
/// all refused unless globally reachable, and the metadata addresses of clouds that use public ones.
pub fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => forbidden_v4(v4),
        IpAddr::V6(v6) => forbidden_v6(v6),
    }
}

/// A block of addresses: first address, prefix length, what it is for.
type Block4 = (Ipv4Addr, u32, &'static str);

const BLOCKS_4: &[Block4] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, "this-network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "carrier-grade NAT"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(168, 63, 129, 16), 32, "cloud metadata"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "protocol-assignment"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarking"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    BLOCKS_4
        .iter()
        .find(|(first, length, _)| (address.to_bits() ^ first.to_bits()) >> (32 - length) == 0)
        .map(|(_, _, use_)| *use_)
}

/// A block of addresses inside 2000::/3 that is not for the public: first address, prefix length, use.
type Block6 = (Ipv6Addr, u32, &'static str);

const BLOCKS_6: &[Block6] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "protocol-assignment"), // Teredo, ORCHID, …
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "documentation"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "documentation"),
];

fn forbidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    let segments = address.segments();
    if address.is_unspecified() {
        return Some("unspecified");
    }
    if address.is_loopback() {
        return Some("loopback");
    }
    if let Some(inner) = embedded_v4(segments) {
        return forbidden_v4(inner);
    }
    match segments[0] {
        0xfc00..=0xfdff => return Some("private"),
        0xfe80..=0xfebf => return Some("link-local"),
        0xfec0..=0xfeff => return Some("site-local"),
        0xff00..=0xffff => return Some("multicast"),
        0x2000..=0x3fff => {}
        _ => return Some("reserved"), // only 2000::/3 is given out for public use
    }
    BLOCKS_6
        .iter()
        .find(|(first, length, _)| (address.to_bits() ^ first.to_bits()) >> (128 - length) == 0)
        .map(|(_, _, use_)| *use_)
}

/// The IPv4 address that an IPv6 one stands for: mapped and compatible forms, NAT64, 6to4.
fn embedded_v4(s: [u16; 8]) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match s {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => Some(join(high, low)), // ::a.b.c.d, ::ffff:a.b.c.d
        [0, 0, 0, 0, 0xffff, 0, high, low] => Some(join(high, low)),     // ::ffff:0:a.b.c.d (RFC 2765)
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),  // NAT64 (RFC 6052)
        [0x2002, high, low, ..] => Some(join(high, low)),                // 6to4 (RFC 3056)
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(address: &str, reason: Option<&str>) {
        assert_eq!(forbidden(address.parse().unwrap()), reason, "{address}");
    }

    #[test]
    fn this_machine_and_its_neighbours_are_refused_at_public_addresses() {
        let own = |address: &str, prefix| Own { address: address.parse().unwrap(), prefix };
        let machine =
            [own("198.51.99.20", 24), own("2a00:1450:4001:80b::7", 64), own("9.9.9.9", 8), own("11.1.1.1", 32)];
        for (address, reason) in [
            ("198.51.99.20", Some("this machine's own")),
            ("::ffff:198.51.99.20", Some("this machine's own")),
            ("64:ff9b::198.51.99.20", Some("this machine's own")),
            ("2002:c633:6314::1", Some("this machine's own")),
            ("198.51.99.21", Some("neighbouring")),
            ("198.51.98.20", None),
            ("2a00:1450:4001:80b::7", Some("this machine's own")),
            ("2a00:1450:4001:80b:ffff::1", Some("neighbouring")),
            ("2a00:1450:4001:80c::7", None),
            ("9.9.9.9", Some("this machine's own")),
            ("9.8.7.6", None),
            ("11.1.1.1", Some("this machine's own")),
            ("11.1.1.2", None),
            ("10.0.0.1", Some("private")),
        ] {
            assert_eq!(refused(address.parse().unwrap(), &machine), reason, "{address}");
        }
        let now = super::own().unwrap();
        assert!(now.iter().all(|own| refused(own.address, &now).is_some()), "{now:?}");
    }

    #[test]
    fn special_ipv4_is_refused() {
        for (address, reason) in [
            ("0.0.0.0", "this-network"),
            ("0.255.255.255", "this-network"),
            ("10.0.0.1", "private"),
            ("10.255.255.255", "private"),
            ("100.64.0.1", "carrier-grade NAT"),
            ("100.100.100.200", "carrier-grade NAT"),
            ("100.127.255.255", "carrier-grade NAT"),
            ("127.0.0.1", "loopback"),
            ("127.255.255.254", "loopback"),
            ("168.63.129.16", "cloud metadata"),
            ("169.254.0.1", "link-local"),
            ("169.254.169.254", "link-local"),
            ("172.16.0.1", "private"),
            ("172.31.255.255", "private"),
            ("192.0.0.8", "protocol-assignment"),
            ("192.0.2.7", "documentation"),
            ("192.88.99.1", "relay"),
            ("192.168.1.1", "private"),
            ("198.18.0.1", "benchmarking"),
            ("198.19.255.255", "benchmarking"),
            ("198.51.100.9", "documentation"),
            ("203.0.113.200", "documentation"),
            ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"),
            ("240.0.0.1", "reserved"),
            ("255.255.255.255", "reserved"),
        ] {
            check(address, Some(reason));
        }
    }

    #[test]
    fn public_ipv4_is_allowed_up_to_the_edges() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.17",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
        ] {
            check(address, None);
        }
    }

    #[test]
    fn special_ipv6_is_refused() {
        for (address, reason) in [
            ("::", "unspecified"),
            ("::1", "loopback"),
            ("fc00::1", "private"),
            ("fd12:3456::1", "private"),
            ("fd00:ec2::254", "private"),
            ("fe80::1", "link-local"),
            ("febf::1", "link-local"),
            ("fec0::1", "site-local"),
            ("ff02::1", "multicast"),
            ("100::1", "reserved"),
            ("4000::1", "reserved"),
            ("2001::1", "protocol-assignment"),
            ("2001:db8::1", "documentation"),
            ("3fff::1", "documentation"),
        ] {
            check(address, Some(reason));
        }
    }

    #[test]
    fn ipv4_inside_ipv6_is_judged_as_ipv4() {
        check("::ffff:127.0.0.1", Some("loopback"));
        check("::ffff:169.254.169.254", Some("link-local"));
        check("::ffff:0:10.0.0.1", Some("private"));
        check("::10.0.0.1", Some("private"));
        check("64:ff9b::192.168.1.1", Some("private"));
        check("2002:7f00:1::", Some("loopback"));
        check("::ffff:1.1.1.1", None);
        check("64:ff9b::1.1.1.1", None);
    }

    #[test]
    fn public_ipv6_is_allowed() {
        for address in ["2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "3ffe::1"] {
            check(address, None);
        }
    }
}
