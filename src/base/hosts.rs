//! Which hosts are not of the public network: this machine, private, link-local, shared and reserved addresses, and the
//! names that by convention mean such.

use std::net::{IpAddr, Ipv4Addr};

/// Endings of names that mean a host of this machine or its own network.
const INNER: [&str; 5] = ["localhost", "local", "internal", "localdomain", "home.arpa"];

/// A host, as it stands in an address, is this machine or one of its own network. A name that only leads there by
/// look-up is not seen here.
pub fn is_inner(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    if let Ok(ip) = host.parse::<IpAddr>() {
        return is_private(ip);
    }
    INNER.iter().any(|end| host.strip_suffix(end).is_some_and(|front| front.is_empty() || front.ends_with('.')))
}

/// This machine itself.
pub fn is_loopback(ip: IpAddr) -> bool {
    plain(ip).is_loopback()
}

/// An IPv4 address that travels inside an IPv6 one.
fn plain(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = ip else { return ip };
    let parts = six.segments();
    let four = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            four(high, low)
        }
        _ => ip,
    }
}

/// Not of the public network: this machine, private, link-local, shared, reserved or for many.
pub fn is_private(ip: IpAddr) -> bool {
    match plain(ip) {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_broadcast()
                || ip.is_multicast()
                || a == 0
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (18..20).contains(&b))
                || a >= 240
        }
        IpAddr::V6(ip) => {
            let first = ip.segments()[0];
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || (first & 0xfe00) == 0xfc00
                || (first & 0xffc0) == 0xfe80
                || (first & 0xffc0) == 0xfec0
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn private_addresses_are_known_in_every_dress() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.20.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "255.255.255.255",
            "::",
        ] {
            assert!(is_private(text.parse().unwrap()), "{text}");
        }
        for text in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "100.128.0.1", "172.32.0.1"] {
            assert!(!is_private(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn names_of_this_machine_are_known_by_whole_labels() {
        for host in
            ["localhost", "LOCALHOST.", "a.localhost", "printer.local", "metadata.google.internal", "[::1]", "10.0.0.1"]
        {
            assert!(is_inner(host), "{host}");
        }
        for host in ["example.com", "notlocalhost", "local.example.com", "internal.io", "1.1.1.1"] {
            assert!(!is_inner(host), "{host}");
        }
    }
}
