//! Tars that are cut, damaged or lie.

use super::*;

/// A header by hand with what the field for the size says, and the blocks after it.
fn raw(path: &[u8], kind: u8, size: &[u8], data: &[u8]) -> Vec<u8> {
    let mut header = ::tar::Header::new_gnu();
    header.as_mut_bytes()[..path.len()].copy_from_slice(path);
    header.as_mut_bytes()[156] = kind;
    header.as_mut_bytes()[124..124 + size.len()].copy_from_slice(size);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

pub(super) fn member(path: &str, kind: u8, data: &[u8]) -> Vec<u8> {
    raw(path.as_bytes(), kind, format!("{:011o}", data.len()).as_bytes(), data)
}

fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let length = (rest..).find(|length| length.to_string().len() + rest == *length).unwrap();
        text += &format!("{length} {key}={value}\n");
    }
    member("PaxHeaders/x", b'x', text.as_bytes())
}

const END: [u8; 1024] = [0; 1024];

#[test]
fn dangerous_paths_are_labels_with_a_note() {
    let bad = ["../x", "/etc/passwd", "C:\\Windows\\x", "a/../../b", "a\\b", "esc\u{1b}[2J"];
    let mut bytes = bad.iter().flat_map(|path| member(path, b'0', path.as_bytes())).collect::<Vec<_>>();
    bytes.extend(pax(&[("path", "nul\0.json")]));
    bytes.extend(member("short", b'0', b"nul"));
    bytes.extend(raw(b"\xff\xfe", b'0', b"00000000001", b"!"));
    bytes.extend(END);
    let all = untar(&bytes);
    let mut expected = bad.iter().map(|path| file(path, path.as_bytes())).collect::<Vec<_>>();
    expected.extend([file("nul\0.json", b"nul"), file("\u{fffd}\u{fffd}", b"!")]);
    assert_eq!(all.members, expected);
    let notes = all.notes.iter().map(|note| note.as_deref().unwrap()).collect::<Vec<_>>();
    let expected = [
        "path climbs out of its folder with ..",
        "path is absolute",
        "path has a drive letter; path holds a backslash",
        "path climbs out of its folder with ..",
        "path holds a backslash",
        "path holds control characters",
        "path holds a NUL",
        "path is not UTF-8",
    ];
    assert_eq!(notes, expected);
    assert_eq!(all.walk.notes[0], "2 members: path climbs out of its folder with .. (first: \"../x\")");
    assert!(all.walk.notes.contains(&"1 member: path holds control characters (first: \"esc\\u{1b}[2J\")".to_owned()));
}

#[test]
fn a_tar_that_is_cut_gives_what_it_has() {
    let whole = [member("a", b'0', &[1; 600]), member("b", b'0', &[2; 600]), END.to_vec()].concat();
    let cut = |length: usize| untar(&whole[..length]);
    let all = cut(512 + 1024 + 512 + 100);
    assert_eq!(all.members, [file("a", &[1; 600]), file("b", &[2; 100])]);
    assert_eq!(all.notes[1].as_deref(), Some("ends early: 100 of 600 bytes"));
    assert_eq!(all.walk.notes, ["ends inside member 1, \"b\": it is cut"]);
    let all = cut(512 + 1024);
    assert_eq!(all.members, [file("a", &[1; 600])]);
    assert_eq!(all.walk.notes, ["ends without the blocks of zeros that end a tar: it may be cut"]);
    let all = cut(512 + 1024 + 100);
    assert_eq!(all.walk.notes, ["100 bytes from byte 1536 are no member, where a header should be: skipped"]);
    assert_eq!(untar(&[]).walk.notes, ["empty"]);
    for length in 0..whole.len() {
        assert!(cut(length).members.len() <= 2);
    }
}

#[test]
fn a_size_that_lies_meets_the_end_or_the_limit() {
    let all = untar(&[raw(b"a", b'0', b"77777777777", b"abc"), END.to_vec()].concat());
    assert_eq!(all.sizes, [(1 << 33) - 1]);
    assert_eq!(all.notes[0].as_deref(), Some("ends early: 1536 of 8589934591 bytes"));
    let huge = [&[0x80_u8, 0, 0, 0][..], &(1_u64 << 60).to_be_bytes()].concat();
    let all = untar(&[raw(b"a", b'0', &huge, b"abc"), END.to_vec()].concat());
    let expected =
        "over the limit of 1099511627776 bytes for all members: 1152921504606846976 bytes, 1099511627776 are left";
    assert_eq!(all.members, [("a".to_owned(), Seen::Refused(expected.to_owned()))]);
    assert_eq!(all.walk.notes, ["ends inside member 0: it is cut"]);
    for wrong in [&[0xff_u8; 12][..], b"-0000000001", b"00000000009", &[0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]] {
        let all = untar(&[raw(b"a", b'0', wrong, b""), member("b", b'0', b"b"), END.to_vec()].concat());
        let refused = Seen::Refused("damaged: its size is no number".to_owned());
        assert_eq!(all.members, [("a".to_owned(), refused), file("b", b"b")]);
    }
}

#[test]
fn a_damaged_header_is_skipped_to_the_next() {
    let mut broken = member("b", b'0', &[2; 600]);
    broken[3] ^= 1;
    let all = untar(&[member("a", b'0', b"a"), broken, member("c", b'0', b"c"), END.to_vec()].concat());
    assert_eq!(all.members, [file("a", b"a"), file("c", b"c")]);
    assert_eq!(all.walk.notes, ["1536 bytes from byte 1024 are no member, where a header should be: skipped"]);
}

#[test]
fn what_follows_the_end_is_read_or_noted() {
    let first = [member("a", b'0', b"a"), END.to_vec()].concat();
    let all = untar(&[first.clone(), vec![0; 7000]].concat());
    assert_eq!((all.paths(), all.walk.notes.len()), (vec!["a"], 0));
    let all = untar(&[first.clone(), b"garbage".to_vec()].concat());
    assert_eq!(all.walk.notes, ["7 bytes from byte 2048 are no member, at or after the end of the archive: skipped"]);
    let all = untar(&[first.clone(), member("b", b'0', b"b"), END.to_vec()].concat());
    assert_eq!(all.members, [file("a", b"a"), file("b", b"b")]);
    assert_eq!(all.walk.notes, ["goes on at byte 2048 after blocks that end a tar: read too"]);
}

#[test]
fn links_and_special_members_have_no_bytes_whatever_they_say() {
    let link = |kind| raw(b"l", kind, b"00000000100", b"");
    let all = untar(&[link(b'1'), link(b'2'), link(b'5'), member("x", b'0', b"x"), END.to_vec()].concat());
    assert_eq!(all.members[3], file("x", b"x"));
    assert!(matches!((&all.members[0].1, &all.members[2].1), (Seen::Link(_), Seen::Folder)));
    let all =
        untar(&[member("v", b'V', b"zz"), member("m", b'M', b"zz"), member("q", b'Q', b"q"), END.to_vec()].concat());
    let refused = Seen::Refused("continued from another volume".to_owned());
    assert_eq!(
        all.members,
        [("v".to_owned(), Seen::Special("volume label")), ("m".to_owned(), refused), file("q", b"q")]
    );
    assert_eq!(all.notes[2].as_deref(), Some("type is not known, read as a file"));
}

#[test]
fn extended_headers_are_bounded() {
    let huge = raw(b"././@LongLink", b'L', b"77777777777", b"");
    let all = untar(&[huge, member("a", b'0', b"a"), END.to_vec()].concat());
    assert_eq!(all.members, []);
    let note = "stopped: extended header at byte 512 cannot be read: 8589934591 bytes, 8388608 are held";
    assert_eq!(all.walk.notes, [note]);
    let long = member("././@LongLink", b'L', &[b'x'; 70_000]);
    let all = untar(&[long, member("short", b'0', b"a"), END.to_vec()].concat());
    assert_eq!(all.members, [file("short", b"a")]);
    assert_eq!(all.notes[0].as_deref(), Some("its extended header is damaged: a path in it is over 65536 bytes"));
    let all = untar(&[member("p", b'x', b"99 path=a\n"), member("b", b'0', b"b"), END.to_vec()].concat());
    assert_eq!(all.members, [file("b", b"b")]);
    assert!(all.notes[0].as_deref().unwrap().contains("a record in it is not as long as it says"));
    let all = untar(&[pax(&[("path", "late")]), END.to_vec()].concat());
    assert_eq!(all.walk.notes, ["ends after an extended header, before its member"]);
}

#[test]
fn a_global_header_holds_until_a_member_has_its_own() {
    let mut global = pax(&[("comment", "0d0d"), ("linkpath", "everywhere")]);
    global[156] = b'g';
    let mut header = ::tar::Header::new_gnu();
    header.as_mut_bytes().copy_from_slice(&global[..512]);
    header.set_cksum();
    global[..512].copy_from_slice(header.as_bytes());
    let link = |kind| member("l", kind, b"");
    let all = untar(&[global, link(b'2'), pax(&[("linkpath", "here")]), link(b'2'), link(b'2'), END.to_vec()].concat());
    let to = all.members.iter().map(|(_, what)| what.clone()).collect::<Vec<_>>();
    assert_eq!(to, ["everywhere", "here", "everywhere"].map(|to| Seen::Link(to.to_owned())));
}

#[test]
fn maps_of_holes_that_lie_are_refused() {
    let sparse = |real: &str, map: &str, data: &[u8]| {
        let head = pax(&[("GNU.sparse.size", real), ("GNU.sparse.map", map)]);
        let all = untar(&[head, member("s", b'0', data), member("after", b'0', b"!"), END.to_vec()].concat());
        assert_eq!(all.members[1], file("after", b"!"));
        all.members[0].1.clone()
    };
    let refused = |reason: &str| Seen::Refused(format!("damaged: {reason}"));
    assert_eq!(sparse("10", "2,3", b"abc"), Seen::File(b"\0\0abc\0\0\0\0\0".to_vec()));
    assert_eq!(sparse("10", "2,3,3,1", b"abcd"), refused("pieces of its sparse map overlap"));
    assert_eq!(sparse("10", "2,3", b"abcd"), refused("its sparse map has another length than its bytes"));
    assert_eq!(sparse("4", "2,3", b"abc"), refused("its sparse map goes beyond its size"));
    assert_eq!(sparse("10", "2,18446744073709551615", b"abc"), refused("a piece of its sparse map has no end"));
    let far = sparse("1099511627776", "0,3", b"abc");
    let expected =
        "stopped: 1099511627776 bytes of content from 3 compressed bytes, over 1000:1 (a decompression bomb?)";
    assert_eq!(far, Seen::Refused(expected.to_owned()));
    let data = [&b"1\n0\n3x\n"[..], &[0; 505], b"abc"].concat();
    let head = pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "9")]);
    let all = untar(&[head, member("s", b'0', &data), member("after", b'0', b"!"), END.to_vec()].concat());
    assert_eq!(all.members, [("s".to_owned(), refused("a number in its sparse map is none")), file("after", b"!")]);
}

#[test]
fn limits_hold_for_all_members_together() {
    let bytes =
        [member("a", b'0', &[1; 600]), member("b", b'0', &[2; 600]), member("c", b'0', &[3; 100]), END.to_vec()]
            .concat();
    let all = tar_within(&bytes, &Limits { total: 1000, ..Limits::default() });
    let reason = "over the limit of 1000 bytes for all members: 600 bytes, 400 are left";
    assert_eq!(
        all.members,
        [file("a", &[1; 600]), ("b".to_owned(), Seen::Refused(reason.to_owned())), file("c", &[3; 100])]
    );
    let all = tar_within(&bytes, &Limits { members: 2, ..Limits::default() });
    assert_eq!(all.paths(), ["a", "b"]);
    assert_eq!(all.walk.notes, ["stopped after 2 members: the limit"]);
    assert_eq!(tar_within(&bytes, &Limits { members: 3, ..Limits::default() }).walk.notes, [""; 0]);
}

#[test]
fn a_failing_disk_is_an_error_of_the_walk() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("no more disk"))
        }
    }
    let bytes = member("a", b'0', &[1; 600]);
    for length in [100, 700, 1536] {
        let content = bytes[..length].chain(Broken);
        let result = walk_tar(content, &std::env::temp_dir(), &Limits::default(), &mut |_| Ok(()));
        assert_eq!(result.unwrap_err().to_string(), "no more disk");
    }
    let taken = walk_tar(&bytes[..], Path::new("/"), &Limits::default(), &mut |_| Err(std::io::Error::other("enough")));
    assert_eq!(taken.unwrap_err().to_string(), "enough");
}

#[test]
fn big_members_are_spooled_and_gone() {
    let folder = folder();
    let content = vec![5; spool::MEMORY + 1000];
    let bytes = [member("big", b'0', &content), END.to_vec()].concat();
    let mut spools = Vec::new();
    walk_tar(&bytes[..], folder.path(), &Limits::default(), &mut |member| {
        let What::File(spool) = member.what else { panic!() };
        spools.push(spool);
        Ok(())
    })
    .unwrap();
    // Without a name from the beginning.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let mut read = Vec::new();
    spools[0].read_to_end(&mut read).unwrap();
    assert!(read == content && spools[0].len() == content.len() as u64);
    fn is_send<T: Send>(_: &T) {}
    is_send(&spools[0]);
}
