//! The walk through whole and through damaged files.

use std::io::Cursor;

use super::super::{Found, Refused, Summary, Tail, Value, read};
use super::built::{Built, PAGE, at_page, inline, put, small, tombstone};

/// Every revision as `main[.sub][t]`, loose ones in brackets, and the summary.
fn walked(built: &Built) -> (Vec<String>, Summary) {
    let mut all = Vec::new();
    let summary = read(&mut Cursor::new(&built.bytes), &mut |stored| {
        let mut text = stored.revision.to_string();
        if stored.sub > 0 {
            text = format!("{text}.{}", stored.sub);
        }
        if stored.deleted {
            text.push('t');
        }
        all.push(if stored.found == Found::Loose { format!("({text})") } else { text });
    });
    (all, summary.unwrap())
}

fn damage(summary: &Summary) -> Vec<(u64, u64, &str)> {
    summary.damaged.iter().map(|damage| (damage.at.start, damage.at.end, &*damage.why)).collect()
}

const K: u64 = PAGE as u64;

#[test]
fn a_whole_file_is_read_in_order_and_its_loose_pages_after_it() {
    let (all, summary) = walked(&small());
    assert_eq!(all, ["2", "3", "4", "5", "(1)"]);
    assert_eq!(damage(&summary), []);
    assert_eq!((summary.page_size, summary.transaction, summary.tail), (K, Some(7), Tail::Absent));
    assert_eq!((summary.revisions, summary.tombstones, summary.loose, summary.compacted), (4, 0, 1, Some(1)));
}

#[test]
fn a_revision_says_what_it_is_and_where_its_value_lies() {
    let built = Built::pages(4)
        .meta(0, 1, 2)
        .meta(1, 0, 2)
        .buckets(2, &[("key", at_page(3))])
        .leaf(3, &[put(2, 0, "/a", b"{\"n\":1}"), put(2, 1, "/b", b"k8s:enc:aescbc:v1:key1:\xff"), tombstone(3, "/a")]);
    let mut seen = Vec::new();
    let bytes = built.bytes.clone();
    let summary = read(&mut Cursor::new(&built.bytes), &mut |s| {
        seen.push(format!("{}.{} {} {} {} {:?}", s.revision, s.sub, s.deleted, s.key, s.version, s.value));
        let at = s.at.start as usize..s.at.end as usize;
        match s.value {
            Value::Json(json) => assert_eq!(&bytes[at], json.as_bytes()),
            Value::None => assert_eq!(&bytes[at], [0x0a, 2, b'/', b'a']),
            _ => assert!(bytes[at].starts_with(b"k8s:enc:")),
        }
    });
    assert_eq!(
        seen,
        [
            r#"2.0 false /a 1 Json("{\"n\":1}")"#,
            r#"2.1 false /b 1 Sealed { provider: "aescbc", version: "v1", key: "key1" }"#,
            "3.0 true /a 0 None",
        ]
    );
    assert_eq!(summary.unwrap().tombstones, 1);
}

#[test]
fn the_checksum_behind_a_snapshot_is_checked() {
    assert_eq!(walked(&small().tail()).1.tail, Tail::Matches);
    assert_eq!(walked(&small().tail().set(6, 500, b"x")).1.tail, Tail::Differs);
    let (all, summary) = walked(&small().tail().set(8, 31, b"x"));
    assert_eq!((all.len(), summary.tail), (5, Tail::Differs));
}

#[test]
fn the_newest_valid_meta_page_counts() {
    // Transaction 8 begins at page 6, where bucket `key` has one leaf only.
    let newer = small().meta(0, 8, 6).buckets(6, &[("key", at_page(4))]);
    let (all, summary) = walked(&newer);
    assert_eq!((all.join(" ").as_str(), summary.transaction), ("2 3 (1) (4) (5)", Some(8)));
    let (all, summary) = walked(&newer.set(0, 16 + 40, b"x"));
    assert_eq!((all.join(" ").as_str(), summary.transaction), ("2 3 4 5 (1)", Some(7)));
    assert_eq!(damage(&summary), [(0, K, "meta page 0: its checksum differs")]);
    let (all, summary) = walked(&small().set(1, 16, b"x"));
    assert_eq!((all.join(" ").as_str(), summary.transaction), ("2 3 4 5 (1)", Some(6)));
    assert_eq!(damage(&summary), [(K, 2 * K, "meta page 1: not there")]);
}

#[test]
fn without_the_first_meta_page_the_second_is_found() {
    let (all, summary) = walked(&small().set(0, 0, &[0; PAGE]));
    assert_eq!((all.join(" ").as_str(), summary.transaction), ("2 3 4 5 (1)", Some(7)));
    assert_eq!(damage(&summary), [(0, K, "meta page 0: not there")]);
}

#[test]
fn without_any_meta_page_leaves_are_still_found() {
    let (all, summary) = walked(&small().set(0, 16 + 40, b"x").set(1, 16 + 40, b"x"));
    assert_eq!((all.join(" ").as_str(), summary.transaction), ("(1) (2) (3) (4) (5)", None));
    assert_eq!(
        damage(&summary),
        [
            (0, K, "meta page 0: its checksum differs"),
            (K, 2 * K, "meta page 1: its checksum differs"),
            (0, 0, "no bucket 'key': nothing in this file leads to the revisions"),
        ]
    );
}

#[test]
fn what_is_no_database_is_refused() {
    let refused = |bytes: &[u8]| read(&mut Cursor::new(bytes), &mut |_| {}).unwrap_err().to_string();
    for other in [&b""[..], b"{\"kind\":\"List\"}", &[0; 4096]] {
        assert_eq!(refused(other), "not a bbolt file: no meta page at its start");
    }
    let mut three = small();
    for meta in [0, 1] {
        three = three.set(meta, 20, &3u32.to_le_bytes());
        let page = &three.bytes[meta * PAGE..];
        let sum = page[16..72]
            .iter()
            .fold(0xcbf2_9ce4_8422_2325u64, |s, b| (s ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3));
        three = three.set(meta, 72, &sum.to_le_bytes());
    }
    assert_eq!(refused(&three.bytes), "bbolt version 3; only version 2 is read");
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("disk"))
        }
    }
    impl std::io::Seek for Broken {
        fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
            Ok(1 << 20)
        }
    }
    assert!(matches!(read(&mut Broken, &mut |_| {}), Err(Refused::Io(_))));
}

/// One damaged number, what is still given, and what is said about it.
#[test]
fn damage_is_named_and_the_rest_is_given() {
    // Page 3 is the branch: its header, then `pos, ksize, pgid` twice. Page 4 is a leaf: `flags, pos, ksize, vsize`.
    let child = 16 + 8;
    type Case<'a> = (&'a str, Built, &'a str, &'a [(u64, u64, &'a str)]);
    let cases: &[Case<'_>] = &[
        (
            "a child past the end",
            small().set(3, child, &99u64.to_le_bytes()),
            "4 5 (1) (2) (3)",
            &[(8 * K, 8 * K, "page 99 is past the end of the file")],
        ),
        (
            "a child that is its own parent",
            small().set(3, child, &3u64.to_le_bytes()),
            "4 5 (1) (2) (3)",
            &[(3 * K, 4 * K, "a page that two others lead to")],
        ),
        (
            "a child twice",
            small().set(3, child, &5u64.to_le_bytes()),
            "4 5 (1) (2) (3)",
            &[(5 * K, 6 * K, "a page that two others lead to")],
        ),
        (
            "a page of no kind",
            small().set(4, 8, &[9]),
            "4 5 (1)",
            &[(4 * K, 5 * K, "neither a branch nor a leaf page (flags 0x9)")],
        ),
        (
            "a page of another number",
            small().set(4, 0, &[9]),
            "2 3 4 5 (1)",
            &[(4 * K, 4 * K + 8, "page 4 calls itself 9")],
        ),
        (
            "a branch that is too long",
            small().set(3, 10, &[255, 255]),
            "2 3 4 5 (1)",
            &[(3 * K + 10, 3 * K + 12, "a page counts more or fewer elements than it has")],
        ),
        (
            "a leaf that counts too many",
            small().set(4, 10, &[255, 255]),
            "2 3 4 5 (1)",
            &[(4 * K + 10, 4 * K + 12, "a page counts more or fewer elements than it has")],
        ),
        (
            "an element outside of its page",
            small().set(4, 16 + 4, &[255, 255, 255, 255]),
            "3 4 5 (1)",
            &[(4 * K + 16, 4 * K + 32, "an element of a leaf page points outside of its page")],
        ),
        (
            "an element over the next",
            small().set(4, 16 + 12, &[60]),
            "3 4 5 (1)",
            &[(4 * K + 16, 4 * K + 32, "an element of a leaf page lies over another")],
        ),
        (
            "a key that is no revision",
            small().set(4, 48 + 8, b"x"),
            "3 4 5 (1)",
            &[(4 * K + 48 + 17, 4 * K + 48 + 17 + 19, "its key is not a revision")],
        ),
        (
            "a record that is none",
            small().set(4, 48 + 17 + 1, b"\x7f"),
            "3 4 5 (1)",
            &[(
                4 * K + 48 + 17,
                4 * K + 48 + 17 + 19,
                "not a mvccpb.KeyValue: a field runs past the end of its message",
            )],
        ),
        (
            "a record of another revision",
            small().set(4, 48 + 7, &[1]),
            "1 3 4 5 (1)",
            &[(4 * K + 48 + 17, 4 * K + 48 + 17 + 19, "stored as revision 1, but says it is 2")],
        ),
        (
            "revisions out of order",
            small().set(3, child, &5u64.to_le_bytes()).set(3, child + 16, &4u64.to_le_bytes()),
            "4 5 2 3 (1)",
            &[(4 * K + 48 + 17, 4 * K + 48 + 17 + 19, "a revision that is not behind the one before it")],
        ),
        (
            "overflow pages past the end",
            small().set(5, 12, &[200]),
            "2 3 4 5 (1)",
            &[(8 * K, 8 * K, "the file ends inside page 5")],
        ),
        (
            "no way to the buckets",
            small().set(2, 8, &[0x10]),
            "(1) (2) (3) (4) (5)",
            &[
                (2 * K, 3 * K, "neither a branch nor a leaf page (flags 0x10)"),
                (0, 0, "no bucket 'key': nothing in this file leads to the revisions"),
            ],
        ),
    ];
    for (name, built, all, damages) in cases {
        let (found, summary) = walked(built);
        assert_eq!((found.join(" ").as_str(), &damage(&summary)[..]), (*all, *damages), "{name}");
    }
}

#[test]
fn a_tree_without_end_ends() {
    let mut built = Built::pages(64).meta(0, 1, 2).meta(1, 0, 2).buckets(2, &[("key", at_page(3))]);
    for id in 3..63 {
        built = built.branch(id, &[id as u64 + 1]);
    }
    let (all, summary) = walked(&built.leaf(63, &[put(2, 0, "/a", b"{}")]));
    assert_eq!(all, ["(2)"]);
    assert_eq!(damage(&summary), [(34 * K, 35 * K, "a tree deeper than any file can need")]);
}

#[test]
fn a_value_may_be_longer_than_a_page() {
    let long = format!("{{\"long\":\"{}\"}}", "x".repeat(3 * PAGE));
    let built = Built::pages(12)
        .meta(0, 1, 2)
        .meta(1, 0, 2)
        .buckets(2, &[("key", at_page(3))])
        .leaf(3, &[put(2, 0, "/a", long.as_bytes()), put(3, 0, "/b", b"{}")])
        // An older node of four pages; its third was used again.
        .leaf(8, &[put(1, 0, "/b", b"{}"), put(1, 1, "/a", long.as_bytes())])
        .leaf(10, &[put(3, 0, "/b", b"{}")]);
    let (all, summary) = walked(&built);
    assert_eq!((all.join(" ").as_str(), damage(&summary)), ("2 3 (1)", vec![]));
}

#[test]
fn a_bucket_may_be_inline() {
    let built = Built::pages(3).meta(0, 1, 2).meta(1, 0, 2).buckets(2, &[("key", inline(&[put(2, 0, "/a", b"{}")]))]);
    assert_eq!(walked(&built).0, ["2"]);
}

#[test]
fn a_file_cut_short_gives_what_is_before_the_cut() {
    // Leaves first, so that a cut takes the way to them away.
    let mut built = Built::pages(12).meta(0, 3, 11).meta(1, 2, 11);
    for id in 2..10 {
        built = built.leaf(id, &[put(id as u64, 0, "/a", b"{}"), put(id as u64, 1, "/b", b"{}")]);
    }
    let built = built.branch(10, &[2, 3, 4, 5, 6, 7, 8, 9]).buckets(11, &[("key", at_page(10))]);
    for length in 0..built.bytes.len() {
        let cut = Built { bytes: built.bytes[..length].to_vec() };
        if length < 28 {
            assert!(read(&mut Cursor::new(&cut.bytes), &mut |_| {}).is_err(), "{length}");
            continue;
        }
        let (all, summary) = walked(&cut);
        assert!(!summary.damaged.is_empty(), "{length}");
        // A revision is there when all of its bytes are: 48 bytes of header and table, then 17 and 14 each.
        let whole =
            (2..10).flat_map(|id| [id * PAGE + 48 + 31, id * PAGE + 48 + 62]).filter(|end| *end <= length).count();
        assert_eq!(all.len(), whole, "{length}: {all:?}");
    }
}
