//! Socket addresses of SOCKADDR records.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::hex;

/// The address that a socket call was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sockaddr {
    Inet {
        address: Ipv4Addr,
        port: u16,
    },
    Inet6 {
        address: Ipv6Addr,
        port: u16,
    },
    /// A socket in the file system; `hidden` is one in the abstract name space, whose name begins with a NUL byte.
    Unix {
        path: String,
        hidden: bool,
    },
    Netlink {
        pid: u32,
    },
    /// A family that is not read, or one of these too short for an address.
    Other {
        family: u16,
    },
}

impl Sockaddr {
    /// Returns the family as `ausearch` names it; None for a family that is not read.
    pub fn family(&self) -> Option<&'static str> {
        match self {
            Self::Inet { .. } => Some("inet"),
            Self::Inet6 { .. } => Some("inet6"),
            Self::Unix { .. } => Some("local"),
            Self::Netlink { .. } => Some("netlink"),
            Self::Other { .. } => None,
        }
    }

    /// Returns the address of the other side; None for a socket that is not of the internet.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Inet { address, .. } => Some(IpAddr::V4(*address)),
            Self::Inet6 { address, .. } => Some(IpAddr::V6(*address)),
            _ => None,
        }
    }

    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Inet { port, .. } | Self::Inet6 { port, .. } => Some(*port),
            _ => None,
        }
    }
}

/// Reads the hexadecimal digits of `saddr=`.
///
/// The family has the byte order of the machine, here the little-endian one of x86_64 and aarch64, the port that of
/// the network (`struct sockaddr_in` of ip(7), `sockaddr_in6` of ipv6(7), `sockaddr_un` of unix(7)).
///
/// # Errors
/// The reason why the digits are no address.
pub fn sockaddr(digits: &str) -> Result<Sockaddr, String> {
    let bytes = hex::bytes(digits).ok_or("saddr is not hexadecimal")?;
    let Some((family, rest)) = bytes.split_first_chunk::<2>() else { return Err("saddr has no family".into()) };
    let family = u16::from_le_bytes(*family);
    let port = rest.first_chunk::<2>().map(|port| u16::from_be_bytes(*port));
    let read = match family {
        1 => Some(unix(rest)),
        2 => port
            .zip(rest.get(2..6))
            .map(|(port, b)| Sockaddr::Inet { address: Ipv4Addr::new(b[0], b[1], b[2], b[3]), port }),
        10 => {
            let address = rest.get(6..22).and_then(|b| <[u8; 16]>::try_from(b).ok());
            port.zip(address).map(|(port, address)| Sockaddr::Inet6 { address: address.into(), port })
        }
        16 => rest.get(2..6).map(|b| Sockaddr::Netlink { pid: u32::from_le_bytes([b[0], b[1], b[2], b[3]]) }),
        _ => None,
    };
    Ok(read.unwrap_or(Sockaddr::Other { family }))
}

/// A path ends at its NUL, after which the stack of the caller may follow; an abstract name has no end but the last.
fn unix(bytes: &[u8]) -> Sockaddr {
    if let Some((0, name)) = bytes.split_first()
        && name.iter().any(|b| *b != 0)
    {
        let end = name.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        return Sockaddr::Unix { path: hex::shown(&name[..end]).0, hidden: true };
    }
    let path = bytes.split(|b| *b == 0).next().unwrap_or_default();
    Sockaddr::Unix { path: hex::shown(path).0, hidden: false }
}

/// Reads what `ausearch -i` and auditd's enrichment make of an address: `{ saddr_fam=inet laddr=192.0.2.1 lport=53 }`,
/// and the older `inet host:192.0.2.1 serv:53`. None for a form or a family that is not known.
pub fn sockaddr_interpreted(text: &str) -> Option<Sockaddr> {
    let text = text.trim().trim_start_matches('{').trim_end_matches('}').trim();
    let value = |key: &str| text.split(' ').find_map(|word| word.strip_prefix(key));
    let family = value("saddr_fam=").or_else(|| text.split(' ').next())?;
    let host = || value("laddr=").or_else(|| value("host:"));
    let port = || value("lport=").or_else(|| value("serv:"))?.parse().ok();
    match family {
        "inet" => Some(Sockaddr::Inet { address: host()?.parse().ok()?, port: port()? }),
        "inet6" => Some(Sockaddr::Inet6 { address: host()?.parse().ok()?, port: port()? }),
        "local" | "unix" => {
            let path = value("path=").or_else(|| text.split_once(' ').map(|(_, path)| path))?;
            Some(match path.strip_prefix('@') {
                Some(name) => Sockaddr::Unix { path: name.into(), hidden: true },
                None => Sockaddr::Unix { path: path.into(), hidden: false },
            })
        }
        _ => None,
    }
}
