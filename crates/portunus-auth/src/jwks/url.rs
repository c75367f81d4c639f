//! Which URLs of key sets are taken: few and plain ones, so that no two readers see different hosts in one. It knows
//! nothing of what is behind them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The most bytes of a URL.
const URL_BYTES_MAX: usize = 2_048;
/// The most bytes of a host's name, and of one label of it, as in the DNS.
const HOST_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// Where a URL of a key set leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JwksUrl<'u> {
    pub(crate) is_https: bool,
    pub(crate) host: Host<'u>,
    pub(crate) port: u16,
}

/// Whom a URL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host<'u> {
    Name(&'u str),
    Address(IpAddr),
}

/// Reads the URL of a key set: `https`, a host, perhaps a port, a path and a query, and nothing else. With
/// `allow_http_on_loopback` also `http`, if the host is this machine by name or address.
///
/// # Errors
/// Which rule it breaks, to be read after the name of the thing: `"names a user"`.
pub(crate) fn check_url(url: &str, allow_http_on_loopback: bool) -> Result<JwksUrl<'_>, &'static str> {
    if url.len() > URL_BYTES_MAX {
        return Err("is longer than 2048 bytes");
    }
    if !url.bytes().all(is_of_urls) {
        return Err("has a character that a URL does not have");
    }
    let (is_https, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) if allow_http_on_loopback => (false, rest),
        (None, _) => return Err("does not begin with https://"),
    };
    if rest.contains('#') {
        return Err("has a fragment");
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err("names a user");
    }
    let (host, port) = read_host(authority)?;
    let port = match port {
        Some(port) => read_port(port)?,
        None if is_https => 443,
        None => 80,
    };
    if path.contains(['[', ']']) || !has_whole_escapes(path) {
        return Err("has a malformed path");
    }
    if !is_https && !host.is_loopback() {
        return Err("does not begin with https://");
    }
    Ok(JwksUrl { is_https, host, port })
}

impl Host<'_> {
    fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name.eq_ignore_ascii_case("localhost"),
            Self::Address(address) => address.is_loopback(),
        }
    }
}

/// The characters that RFC 3986 gives a URL. A backslash, which some readers take for a slash, is not among them, nor
/// is anything that a log would not show.
fn is_of_urls(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// Splits the text of a port, if there is one, from the host.
fn read_host(authority: &str) -> Result<(Host<'_>, Option<&str>), &'static str> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, after) = rest.split_once(']').ok_or("has a malformed host")?;
        let address: Ipv6Addr = address.parse().map_err(|_| "has a malformed host")?;
        return match (after.is_empty(), after.strip_prefix(':')) {
            (true, _) => Ok((Host::Address(address.into()), None)),
            (false, Some(port)) => Ok((Host::Address(address.into()), Some(port))),
            (false, None) => Err("has a malformed host"),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if host.is_empty() {
        return Err("names no host");
    }
    match host.parse::<Ipv4Addr>() {
        Ok(address) => Ok((Host::Address(address.into()), port)),
        Err(_) if is_name(host) => Ok((Host::Name(host), port)),
        Err(_) => Err("has a malformed host"),
    }
}

/// Whether `host` is a name as the DNS has them. Its last label begins with a letter: the library of the system takes
/// `127.1`, `2130706433` and `0x7f.1` for addresses.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        let inside = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        inside
            && (1..=LABEL_BYTES_MAX).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.len() <= HOST_BYTES_MAX
        && host.split('.').all(is_label)
        && last.starts_with(|first: char| first.is_ascii_alphabetic())
}

fn read_port(port: &str) -> Result<u16, &'static str> {
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0');
    port.parse().ok().filter(|_| is_number).ok_or("has a malformed port")
}

/// Whether each `%` has its two digits.
fn has_whole_escapes(path: &str) -> bool {
    let mut pieces = path.split('%');
    pieces.next();
    pieces.all(|piece| piece.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
}

#[cfg(test)]
mod tests {
    use super::{Host, URL_BYTES_MAX, check_url};
    use proptest::prelude::*;
    use std::net::IpAddr;

    #[test]
    fn a_plain_url_leads_to_its_host_and_port() {
        let address = |text: &str| Host::Address(text.parse::<IpAddr>().unwrap());
        for (url, host, port) in [
            ("https://issuer.example", Host::Name("issuer.example"), 443),
            ("https://issuer.example/", Host::Name("issuer.example"), 443),
            ("https://Issuer.Example:8443/a/b%2Fc;d?e=f&g=:@", Host::Name("Issuer.Example"), 8_443),
            ("https://issuer.example?keys", Host::Name("issuer.example"), 443),
            ("https://xn--bcher-kva.example/keys", Host::Name("xn--bcher-kva.example"), 443),
            ("https://auth-1/keys", Host::Name("auth-1"), 443),
            ("https://a.b:65535/", Host::Name("a.b"), 65_535),
            ("https://203.0.113.7:1/keys", address("203.0.113.7"), 1),
            ("https://[::1]/keys", address("::1"), 443),
            ("https://[2001:db8::a]:444/keys", address("2001:db8::a"), 444),
            ("https://[::ffff:127.0.0.1]/", address("::ffff:127.0.0.1"), 443),
        ] {
            let read = check_url(url, false).unwrap();
            assert_eq!((read.is_https, read.host, read.port), (true, host, port), "{url}");
        }
    }

    fn refused(cases: &[(&str, &str)]) {
        for (url, problem) in cases {
            assert_eq!(check_url(url, false).err(), Some(*problem), "{url:?}");
        }
    }

    #[test]
    fn a_url_that_readers_could_differ_about_is_refused() {
        refused(&[
            ("", "does not begin with https://"),
            ("https:issuer.example", "does not begin with https://"),
            ("https:/issuer.example", "does not begin with https://"),
            ("HTTPS://issuer.example", "does not begin with https://"),
            ("Https://issuer.example", "does not begin with https://"),
            ("http://issuer.example", "does not begin with https://"),
            ("http://127.0.0.1", "does not begin with https://"),
            ("file:///etc/passwd", "does not begin with https://"),
            ("ftp://issuer.example", "does not begin with https://"),
            ("//issuer.example", "does not begin with https://"),
            ("issuer.example/keys", "does not begin with https://"),
            ("https://", "names no host"),
            ("https:///x", "names no host"),
            ("https://?x", "names no host"),
            ("https://:443", "names no host"),
            ("https://a@b", "names a user"),
            ("https://a:b@c/", "names a user"),
            ("https://@b", "names a user"),
            ("https://issuer.example@127.0.0.1/", "names a user"),
            ("https://a#b", "has a fragment"),
            ("https://a/#", "has a fragment"),
            ("https://a#@b/", "has a fragment"),
            ("https://a\\b", "has a character that a URL does not have"),
            ("https:\\\\a", "has a character that a URL does not have"),
            ("https://a/\\..", "has a character that a URL does not have"),
            (" https://a", "has a character that a URL does not have"),
            ("https://a ", "has a character that a URL does not have"),
            ("https://a/b c", "has a character that a URL does not have"),
            ("https://a\t/", "has a character that a URL does not have"),
            ("https://a/\r\nHost: b", "has a character that a URL does not have"),
            ("https://a\0.example/", "has a character that a URL does not have"),
            ("https://a/\u{7f}", "has a character that a URL does not have"),
            ("https://bücher.example/", "has a character that a URL does not have"),
            ("https://issuer。example/", "has a character that a URL does not have"),
            ("https://a/\"<>^`{|}", "has a character that a URL does not have"),
        ]);
    }

    #[test]
    fn a_host_or_a_path_that_readers_could_differ_about_is_refused() {
        refused(&[
            ("https://a..b", "has a malformed host"),
            ("https://.a", "has a malformed host"),
            ("https://a.", "has a malformed host"),
            ("https://-a.example", "has a malformed host"),
            ("https://a-.example", "has a malformed host"),
            ("https://a_b.example", "has a malformed host"),
            ("https://a%2eexample", "has a malformed host"),
            ("https://127.1/", "has a malformed host"),
            ("https://2130706433/", "has a malformed host"),
            ("https://0x7f000001/", "has a malformed host"),
            ("https://0x7f.0.0.1/", "has a malformed host"),
            ("https://0177.0.0.1/", "has a malformed host"),
            ("https://127.0.0.1./", "has a malformed host"),
            ("https://1.2.3.4.5/", "has a malformed host"),
            ("https://[::1", "has a malformed host"),
            ("https://[]/", "has a malformed host"),
            ("https://[::1]443", "has a malformed host"),
            ("https://[fe80::1%25eth0]/", "has a malformed host"),
            ("https://[fe80::1%eth0]/", "has a malformed host"),
            ("https://[127.0.0.1]/", "has a malformed host"),
            ("https://[v1.a]/", "has a malformed host"),
            ("https://::1/", "names no host"),
            ("https://a:/", "has a malformed port"),
            ("https://a:0/", "has a malformed port"),
            ("https://a:00443/", "has a malformed port"),
            ("https://a:65536/", "has a malformed port"),
            ("https://a:-1/", "has a malformed port"),
            ("https://a:+443/", "has a malformed port"),
            ("https://a:443:443/", "has a malformed port"),
            ("https://a:4a/", "has a malformed port"),
            ("https://[::1]:/", "has a malformed port"),
            ("https://a/%", "has a malformed path"),
            ("https://a/%2", "has a malformed path"),
            ("https://a/%2x", "has a malformed path"),
            ("https://a/[b]", "has a malformed path"),
            ("https://a/?[", "has a malformed path"),
        ]);
    }

    #[test]
    fn a_url_has_a_longest_length_and_so_have_its_parts() {
        let of_length = |length: usize| format!("https://a/{}", "b".repeat(length - 10));
        assert!(check_url(&of_length(URL_BYTES_MAX), false).is_ok());
        assert_eq!(check_url(&of_length(URL_BYTES_MAX + 1), false), Err("is longer than 2048 bytes"));
        let label = "a".repeat(63);
        let name = [label.as_str(); 4].join(".");
        assert!(check_url(&format!("https://{}", &name[..253]), false).is_ok());
        for host in [&name[..254], &"a".repeat(64)] {
            assert_eq!(check_url(&format!("https://{host}"), false), Err("has a malformed host"));
        }
    }

    #[test]
    fn plain_http_leads_to_this_machine_alone_and_only_if_allowed() {
        for url in
            ["http://localhost:80/", "http://LOCALHOST/", "http://127.0.0.1:8080/keys", "http://[::1]/"]
        {
            assert!(check_url(url, true).is_ok_and(|read| !read.is_https), "{url}");
            assert!(check_url(url, false).is_err(), "{url}");
        }
        assert_eq!(check_url("http://localhost", true).unwrap().port, 80);
        for url in [
            "http://issuer.example/",
            "http://10.0.0.1/",
            "http://localhost.example/",
            "http://[::ffff:7f00:1]/",
            "http://0.0.0.0/",
            "http://localhost@issuer.example/",
            "HTTP://localhost/",
        ] {
            assert!(check_url(url, true).is_err(), "{url}");
        }
        assert!(check_url("https://issuer.example/", true).is_ok_and(|read| read.is_https));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_has_its_host_between_the_slashes(
            text in "https?://[a-z0-9@:.%\\[\\]/?#\\\\ \u{0}-]{0,24}",
            allowed: bool,
        ) {
            if let Ok(read) = check_url(&text, allowed) {
                let host = match read.host {
                    Host::Name(name) => name.to_owned(),
                    Host::Address(IpAddr::V4(address)) => address.to_string(),
                    // An address of this kind has several texts.
                    Host::Address(IpAddr::V6(_)) => "[".to_owned(),
                };
                let after = text.split_once("://").unwrap().1;
                prop_assert!(after.starts_with(&host));
                prop_assert!(!text.contains(['#', '\\', ' ', '\0']));
            }
        }
    }
}
