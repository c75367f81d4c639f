//! Which addresses of the network a key set may be fetched from. It knows numbers, and nothing of names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address stands for, as far as it matters to whether it may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// A host of the Internet.
    Public,
    /// This machine.
    Loopback,
    /// A host of the network that this machine is in.
    Private,
    /// Nothing that has a key set to give: a group, a neighbour of the link (where clouds keep their credentials), a
    /// block for books and benchmarks, or one that is kept for later.
    Nowhere,
}

/// The blocks of IPv4 that do not stand for hosts of the Internet (the IANA registry of special-purpose addresses).
const BLOCKS_V4: [(Ipv4Addr, u32, Reach); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, Reach::Nowhere),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Reach::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Reach::Private),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Reach::Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Reach::Nowhere),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Reach::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Reach::Nowhere),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Reach::Nowhere),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Reach::Nowhere),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Reach::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Reach::Nowhere),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Reach::Nowhere),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Reach::Nowhere),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Reach::Nowhere),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Reach::Nowhere),
];

/// The blocks of IPv6 that stand for something. What is in none of them is not handed out; the first that holds an
/// address is meant.
const BLOCKS_V6: [(Ipv6Addr, u32, Reach); 7] = [
    (Ipv6Addr::LOCALHOST, 128, Reach::Loopback),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Reach::Private),
    // Tunnels (Teredo) and other protocols; documentation, twice; tunnels again (6to4).
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Reach::Nowhere),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Reach::Nowhere),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Reach::Nowhere),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Reach::Nowhere),
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, Reach::Public),
];

/// The blocks whose last 32 bits are an address of IPv4, which is what they stand for: mapped ones, and those of the
/// well-known translator to IPv4, which hosts without any have to use. A network may have a translator at a prefix of
/// its own, which nobody can tell from an address.
const CARRIERS: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0)];
const CARRIER_BITS: u32 = 96;

/// What `address` stands for.
pub(crate) fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let holds =
        |block: &Ipv4Addr, bits: u32| same(address.to_bits().into(), block.to_bits().into(), 32 - bits);
    let found = BLOCKS_V4.iter().find(|(block, bits, _)| holds(block, *bits));
    found.map_or(Reach::Public, |(.., reach)| *reach)
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    let holds = |block: &Ipv6Addr, bits: u32| same(address.to_bits(), block.to_bits(), 128 - bits);
    if CARRIERS.iter().any(|carrier| holds(carrier, CARRIER_BITS)) {
        let [.., a, b, c, d] = address.octets();
        return reach_v4(Ipv4Addr::new(a, b, c, d));
    }
    let found = BLOCKS_V6.iter().find(|(block, bits, _)| holds(block, *bits));
    found.map_or(Reach::Nowhere, |(.., reach)| *reach)
}

/// Whether two addresses are the same but for their last bits.
fn same(one: u128, other: u128, last_bits: u32) -> bool {
    (one ^ other).checked_shr(last_bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::{Reach, reach};
    use std::net::IpAddr;

    /// Each block by its first and last address, and the addresses right before and after it.
    #[test]
    fn every_block_ends_where_it_should() {
        use Reach::{Loopback, Nowhere, Private, Public};
        for (expected, inside, outside) in [
            (Nowhere, "0.0.0.0 0.255.255.255", "1.0.0.0"),
            (Private, "10.0.0.0 10.255.255.255", "9.255.255.255 11.0.0.0"),
            (Private, "100.64.0.0 100.127.255.255", "100.63.255.255 100.128.0.0"),
            (Loopback, "127.0.0.0 127.0.0.1 127.255.255.255", "126.255.255.255 128.0.0.0"),
            (Nowhere, "169.254.0.0 169.254.169.254 169.254.255.255", "169.253.255.255 169.255.0.0"),
            (Private, "172.16.0.0 172.31.255.255", "172.15.255.255 172.32.0.0"),
            (Nowhere, "192.0.0.0 192.0.0.255", "191.255.255.255 192.0.1.0"),
            (Nowhere, "192.0.2.0 192.0.2.255", "192.0.1.255 192.0.3.0"),
            (Nowhere, "192.88.99.0 192.88.99.255", "192.88.98.255 192.88.100.0"),
            (Private, "192.168.0.0 192.168.255.255", "192.167.255.255 192.169.0.0"),
            (Nowhere, "198.18.0.0 198.19.255.255", "198.17.255.255 198.20.0.0"),
            (Nowhere, "198.51.100.0 198.51.100.255", "198.51.99.255 198.51.101.0"),
            (Nowhere, "203.0.113.0 203.0.113.255", "203.0.112.255 203.0.114.0"),
            (Nowhere, "224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255", "223.255.255.255"),
            (Loopback, "::1", ""),
            (Private, "fc00:: fd00:ec2::254 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
            (Nowhere, "2001:: 2001:0:7f00:1:: 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"),
            (Nowhere, "2001:db8:: 2001:db8:ffff::1", "2001:db7:ffff::1 2001:db9::"),
            (Nowhere, "2002:: 2002:7f00:1:: 2002:ffff::1", "2001:ffff::1 2003::"),
            (Nowhere, "3fff:: 3fff:fff:ffff::1", "3ffe:ffff::1 3fff:1000::"),
            (Public, "2000:: 2606:4700::1111 3ffe::1", ""),
            // Outside of all that is handed out.
            (Nowhere, ":: ::2 ::7f00:1 ::127.0.0.1 100:: 1fff:ffff::1 4000:: 5f00:: fbff::1", ""),
            (Nowhere, "fe00::1 fe80:: fe80::1 febf:ffff::1 fec0::1 ff00:: ff02::1 ffff::ffff", ""),
            // What they carry decides; next to the well-known prefixes there is nothing.
            (Loopback, "::ffff:127.0.0.1 64:ff9b::127.0.0.1", ""),
            (Private, "::ffff:10.0.0.1 64:ff9b::192.168.0.1 64:ff9b::100.64.0.1", ""),
            (Nowhere, "::ffff:169.254.169.254 64:ff9b::169.254.169.254 ::ffff:0.0.0.0", ""),
            (Public, "::ffff:8.8.8.8 64:ff9b::8.8.8.8", ""),
            (Nowhere, "::fffe:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b:1::8.8.8.8 64:ff9b::1:8.8.8.8", ""),
        ] {
            let all = |texts: &str, expected: Reach| {
                for text in texts.split_whitespace() {
                    assert_eq!(reach(text.parse::<IpAddr>().unwrap()), expected, "{text}");
                }
            };
            all(inside, expected);
            all(outside, Public);
        }
    }
}
