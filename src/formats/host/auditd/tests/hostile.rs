//! Input of any kind: nothing panics, nothing is lost.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = line(&text);
        let _ = dress(&text);
        let _ = sockaddr_interpreted(&text);
    }

    #[test]
    fn any_fields_are_read_or_refused(
        kind in "SYSCALL|EXECVE|PROCTITLE|LOGIN|USER_END|SOCKADDR|1300|x",
        local in any::<bool>(),
        body in "((a[0-9](\\[[0-9]\\])?|a1_len|argc|saddr|proctitle|old auid|msg|comm|é|\\(x)=?[\"'{} (),A-F0-9é\u{1d}=]{0,9}){0,8}",
    ) {
        let stamp = if local { "11/24/2026 10:11:12.123:4711" } else { "1933135628.034:4711" };
        let text = format!("type={kind} msg=audit({stamp}): {body}");
        if let Ok(record) = line(&text) {
            for field in record.fields.iter().chain(&record.enriched) {
                prop_assert!(text.contains(&*field.written), "{:?}", field);
            }
            let mut grouper = Grouper::default();
            let mut events = grouper.feed(record, 1, 0..1);
            events.extend(grouper.finish());
            prop_assert_eq!(events.len(), 1);
            let _ = events[0].values();
        }
    }

    #[test]
    fn digits_of_an_address_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        prop_assert_eq!(sockaddr(&digits).is_ok(), bytes.len() >= 2);
    }

    #[test]
    fn every_range_that_goes_in_comes_out_once(
        lines in proptest::collection::vec((0_u8..8, 0_u64..4, 0_u64..5, any::<bool>()), 0..200),
        records in 1_u64..20,
        open in 1_usize..6,
        of_event in 1_usize..6,
        eoe in 0_u64..4,
    ) {
        let kinds = ["SYSCALL", "PATH", "PROCTITLE", "EOE", "USER_END", "CWD", "1300", "ZZZ"];
        let limits = Limits { records, open, of_event, eoe, seconds: 30, bytes: 1500, remembered: 3 };
        let mut grouper = Grouper::new(limits);
        let mut events = Vec::new();
        for (number, (kind, serial, time, noded)) in lines.iter().enumerate() {
            let node = if *noded { "node=n " } else { "" };
            let kind = kinds[usize::from(*kind)];
            let text = format!("{node}type={kind} msg=audit({}.000:{serial}): items=1", 1_933_135_628 + time * 20);
            let at = number as u64;
            events.extend(grouper.feed(line(&text).unwrap(), at + 1, at * 10..at * 10 + 10));
        }
        events.extend(grouper.finish());
        let mut seen: Vec<(u64, u64, u64)> = Vec::new();
        for event in &events {
            for kept in &event.records {
                prop_assert_eq!(kept.record.serial, event.serial);
                prop_assert_eq!(kept.record.time, event.time);
                prop_assert_eq!(kept.record.node.as_deref(), event.node.as_deref());
                seen.push((kept.line, kept.range.start, kept.range.end));
            }
            prop_assert!(event.records.is_sorted_by_key(|kept| kept.line));
            let _ = event.values();
        }
        seen.sort_unstable();
        let fed: Vec<(u64, u64, u64)> = (0..lines.len() as u64).map(|at| (at + 1, at * 10, at * 10 + 10)).collect();
        prop_assert_eq!(seen, fed);
    }
}
