//! Tuples of every version, and everything that is none.

use proptest::prelude::*;

use super::*;

const TWO: Layout = Layout::Nsg(Some(NsgVersion::Two));
const ONE: Layout = Layout::Nsg(Some(NsgVersion::One));

fn reason(tuple: &str, layout: Layout) -> String {
    read(tuple, layout).unwrap_err()
}

#[test]
fn a_version_2_tuple_that_begins_has_no_counters() {
    let flow = read("1933135628,198.51.100.7,10.0.0.4,40000,22,T,I,A,B,,,,", TWO).unwrap();
    assert_eq!(flow.time, Micros::parse("2031-04-05T06:07:08Z").unwrap());
    assert_eq!((flow.source_ip, flow.destination_ip), ("198.51.100.7", "10.0.0.4"));
    assert_eq!((flow.source_port, flow.destination_port, &*flow.protocol), (Some(40000), Some(22), "TCP"));
    assert_eq!((flow.direction, flow.decision, flow.state), ("inbound", Some("allow"), Some("begin")));
    assert_eq!((flow.counters, flow.encryption), ([None; 4], None));
}

#[test]
fn a_version_2_tuple_that_ends_counts_both_ways() {
    let flow = read("1933135628,10.0.0.4,203.0.113.9,53000,53,U,O,D,E,3,180,2,90", TWO).unwrap();
    assert_eq!(
        (&*flow.protocol, flow.direction, flow.decision, flow.state),
        ("UDP", "outbound", Some("deny"), Some("end"))
    );
    assert_eq!(flow.counters, [Some(3), Some(180), Some(2), Some(90)]);
}

#[test]
fn a_version_1_tuple_has_no_state() {
    let flow = read("1933135628,198.51.100.7,10.0.0.4,40000,22,T,I,D", ONE).unwrap();
    assert_eq!((flow.decision, flow.state, flow.counters), (Some("deny"), None, [None; 4]));
}

#[test]
fn a_version_4_tuple_is_in_milliseconds_and_decides_only_to_deny() {
    let flow = read("1933135628034,10.0.0.4,203.0.113.9,53000,443,6,O,C,X,3,180,2,90", Layout::Vnet).unwrap();
    assert_eq!(flow.time, Micros::parse("2031-04-05T06:07:08.034Z").unwrap());
    assert_eq!((flow.decision, flow.state, flow.encryption), (None, Some("continuing"), Some("X")));
    let flow = read("1933135628034,2001:db8::1,2001:db8::2,0,0,58,I,D,NX,0,0,0,0", Layout::Vnet).unwrap();
    assert_eq!((flow.decision, flow.state, &*flow.protocol), (Some("deny"), Some("deny"), "ICMPv6"));
    let flow = read("1933135628034,10.0.0.4,10.0.0.5,0,0,253,I,B,NX,0,0,0,0", Layout::Vnet).unwrap();
    assert_eq!(&*flow.protocol, "253", "a number without a common name stays one");
}

#[test]
fn the_unit_of_the_time_is_the_versions() {
    // The same digits are another time in another version: 1933135 s is in January 1970.
    let seconds = read("1933135,192.0.2.1,192.0.2.2,1,2,T,I,A,B,,,,", TWO).unwrap().time;
    let millis = read("1933135,192.0.2.1,192.0.2.2,1,2,6,I,B,NX,,,,", Layout::Vnet).unwrap().time;
    assert_eq!(seconds, Micros(1_933_135_000_000));
    assert_eq!(millis, Micros(1_933_135_000));
}

#[test]
fn a_tuple_without_a_version_is_told_by_its_fields() {
    let none = Layout::Nsg(None);
    assert_eq!(read("1933135628,192.0.2.1,192.0.2.2,1,2,T,I,A", none).unwrap().state, None);
    assert_eq!(read("1933135628,192.0.2.1,192.0.2.2,1,2,T,I,A,C,1,2,3,4", none).unwrap().state, Some("continuing"));
    assert!(reason("1933135628,192.0.2.1,192.0.2.2,1,2,T,I,A,C", none).contains("of 9 fields"));
}

#[test]
fn what_cannot_be_read_is_refused_with_the_field() {
    for (tuple, layout, word) in [
        ("", TWO, "of 1 fields"),
        ("1933135628,198.51.100.7,10.0.0.4,40000,22,T,I,A", TWO, "of 8 fields, version 2 has 13"),
        ("1933135628,198.51.100.7,10.0.0.4,40000,22,T,I,A,B,,,,", ONE, "of 13 fields, version 1 has 8"),
        ("1933135628,198.51.100.7,10.0.0.4,40000,22,T,I,A,B,,,,,", TWO, "of 14 fields"),
        ("soon,198.51.100.7,10.0.0.4,40000,22,T,I,A,B,,,,", TWO, "time \"soon\""),
        ("-1,198.51.100.7,10.0.0.4,40000,22,T,I,A,B,,,,", TWO, "time"),
        ("+1933135628,198.51.100.7,10.0.0.4,40000,22,T,I,A,B,,,,", TWO, "time"),
        ("18446744073709551615,198.51.100.7,10.0.0.4,40000,22,T,I,A,B,,,,", TWO, "time"),
        ("1933135628,198.51.100,10.0.0.4,40000,22,T,I,A,B,,,,", TWO, "address \"198.51.100\""),
        ("1933135628,198.51.100.7,10.0.0.4,65536,22,T,I,A,B,,,,", TWO, "port \"65536\""),
        ("1933135628,198.51.100.7,10.0.0.4,40000,22,6,I,A,B,,,,", TWO, "neither T nor U"),
        ("1933135628,198.51.100.7,10.0.0.4,40000,22,T,X,A,B,,,,", TWO, "neither I nor O"),
        ("1933135628,198.51.100.7,10.0.0.4,40000,22,T,I,B,B,,,,", TWO, "neither A nor D"),
        ("1933135628,198.51.100.7,10.0.0.4,40000,22,T,I,A,D,,,,", TWO, "state \"D\""),
        ("1933135628,198.51.100.7,10.0.0.4,40000,22,T,I,A,E,1,-2,3,4", TWO, "counter \"-2\""),
        ("1933135628034,10.0.0.4,10.0.0.5,1,2,256,I,B,NX,0,0,0,0", Layout::Vnet, "protocol \"256\""),
        ("1933135628034,10.0.0.4,10.0.0.5,1,2,,I,B,NX,0,0,0,0", Layout::Vnet, "without a protocol"),
    ] {
        assert!(reason(tuple, layout).contains(word), "{tuple}: {}", reason(tuple, layout));
    }
}

fn layouts() -> impl Strategy<Value = Layout> {
    prop_oneof![Just(ONE), Just(TWO), Just(Layout::Nsg(None)), Just(Layout::Vnet)]
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,80}", layout in layouts()) {
        let _ = read(&text, layout);
    }

    #[test]
    fn any_fields_are_read_or_refused_in_one_line(
        fields in proptest::collection::vec("[0-9a-fA-F.:TUIOADBCEXN\\-]{0,6}", 0..16),
        layout in layouts(),
    ) {
        if let Err(reason) = read(&fields.join(","), layout) {
            prop_assert!(reason.starts_with("flow tuple") && !reason.contains('\n'));
        }
    }

    #[test]
    fn what_was_written_is_what_is_read(
        seconds in 0_u64..9_999_999_999, ip in any::<[u8; 4]>(), port in any::<u16>(), counters in any::<[u32; 4]>(),
        udp in any::<bool>(), out in any::<bool>(), deny in any::<bool>(), state in 0_usize..3,
    ) {
        let address = IpAddr::from(ip).to_string();
        let [a, b, c, d] = counters;
        let letter = |first: bool, yes: &'static str, no: &'static str| if first { yes } else { no };
        let tuple = format!(
            "{seconds},{address},192.0.2.1,{port},443,{},{},{},{},{a},{b},{c},{d}",
            letter(udp, "U", "T"), letter(out, "O", "I"), letter(deny, "D", "A"), ["B", "C", "E"][state],
        );
        let flow = read(&tuple, TWO).unwrap();
        prop_assert_eq!(flow.time, Micros(seconds as i64 * 1_000_000));
        prop_assert_eq!((flow.source_ip, flow.source_port), (&*address, Some(port)));
        prop_assert_eq!(&*flow.protocol, letter(udp, "UDP", "TCP"));
        prop_assert_eq!(flow.direction, letter(out, "outbound", "inbound"));
        prop_assert_eq!(flow.decision, Some(letter(deny, "deny", "allow")));
        prop_assert_eq!(flow.state, Some(["begin", "continuing", "end"][state]));
        prop_assert_eq!(flow.counters, counters.map(|number| Some(i64::from(number))));
    }
}
