//! `ip_in(ip, cidr, …)` and `is_private(ip)`.

use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::datatypes::DataType;
use datafusion::error::Result;
use ipnet::IpNet;

use super::{Function, wrong};
use crate::engine::columns::is_public;
use crate::engine::values::{text, texts};

pub struct IpIn;
pub struct IsPrivate;

impl Function for IpIn {
    fn name(&self) -> &'static str {
        "ip_in"
    }

    fn usage(&self) -> &'static str {
        "ip_in(ip, cidr, …)"
    }

    fn doc(&self) -> &'static str {
        "Whether an address, or any of a list such as `source_ips`, is in one of the networks; an address stands for itself. \
         What is no address is in no network"
    }

    fn examples(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("ip_in('10.244.3.9', '10.244.0.0/16')", "true"),
            ("ip_in('10.245.0.0', '10.244.0.0/16', '203.0.113.7')", "false"),
            ("ip_in(['203.0.113.7', '10.0.0.1'], '203.0.113.7')", "true"),
            ("ip_in('::ffff:10.244.3.9', '10.244.0.0/16')", "true"),
            ("ip_in('2001:db8::1', '2001:db8::/32')", "true"),
            ("ip_in('localhost', '127.0.0.0/8')", "false"),
        ]
    }

    fn arity(&self) -> (usize, usize) {
        (2, 64)
    }

    fn returns(&self) -> DataType {
        DataType::Boolean
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        // The networks are mostly the same for all rows.
        let mut known: Vec<(String, IpNet)> = Vec::new();
        let mut network = |text: &str| -> Result<IpNet> {
            if let Some((_, net)) = known.iter().find(|(known, _)| known == text) {
                return Ok(*net);
            }
            let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            let net = net.map_err(|_| wrong(format!("ip_in: `{text}` is no network and no address")))?;
            if known.len() < 64 {
                known.push((text.to_owned(), net));
            }
            Ok(net)
        };
        let mut answers = Vec::with_capacity(arguments[0].len());
        for row in 0..arguments[0].len() {
            let mut is_in = false;
            let given = texts(&arguments[0], row);
            let addresses: Vec<IpAddr> = given.iter().filter_map(|text| address(text)).collect();
            for networks in &arguments[1..] {
                for text in texts(networks, row) {
                    let network = network(&text)?;
                    is_in |= addresses.iter().any(|address| network.contains(address));
                }
            }
            answers.push((!arguments[0].is_null(row)).then_some(is_in));
        }
        Ok(Arc::new(BooleanArray::from(answers)))
    }
}

/// An address; one of IPv4 written as IPv6 is of IPv4.
fn address(text: &str) -> Option<IpAddr> {
    text.trim().parse().ok().map(|address: IpAddr| address.to_canonical())
}

impl Function for IsPrivate {
    fn name(&self) -> &'static str {
        "is_private"
    }

    fn usage(&self) -> &'static str {
        "is_private(ip)"
    }

    fn doc(&self) -> &'static str {
        "Whether an address cannot be routed on the internet: private (RFC 1918, RFC 4193), loopback, link-local, shared \
         (RFC 6598) or unspecified; null of what is no address. Ranges kept for documentation count as public"
    }

    fn examples(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("is_private('172.31.0.1')", "true"),
            ("is_private('172.32.0.1')", "false"),
            ("is_private('100.64.0.1')", "true"),
            ("is_private('fd00::1')", "true"),
            ("is_private('203.0.113.7')", "false"),
            ("is_private('unknown')", "null"),
        ]
    }

    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }

    fn returns(&self) -> DataType {
        DataType::Boolean
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        if matches!(arguments[0].data_type(), DataType::List(_)) {
            return Err(wrong("is_private: one address is asked for, as in is_private(source_ips[1])".into()));
        }
        let rows = 0..arguments[0].len();
        let private = rows.map(|row| text(&arguments[0], row).filter(|t| address(t).is_some()).map(|t| !is_public(t)));
        Ok(Arc::new(private.collect::<BooleanArray>()))
    }
}
