//! Zips that are cut, damaged or lie, by hand where no program would write them.

use super::zip::zipped;
use super::*;

/// A member as it is written by hand: what its own header says and what the directory says may differ.
#[derive(Clone)]
struct Hand {
    path: &'static [u8],
    flags: u16,
    method: u16,
    crc: u32,
    size: u32,
    data: Vec<u8>,
    /// Said of the compressed bytes.
    packed: u32,
    descriptor: Vec<u8>,
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn stored(path: &'static [u8], data: &[u8]) -> Hand {
    let length = data.len() as u32;
    Hand {
        path,
        flags: 0,
        method: 0,
        crc: crc(data),
        size: length,
        data: data.to_vec(),
        packed: length,
        descriptor: Vec::new(),
    }
}

fn deflated(path: &'static [u8], content: &[u8]) -> Hand {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    let data = encoder.finish().unwrap();
    Hand { method: 8, crc: crc(content), size: content.len() as u32, packed: data.len() as u32, ..stored(path, &data) }
}

impl Hand {
    fn fields(&self) -> Vec<u8> {
        let mut bytes =
            [20_u16, self.flags, self.method, 0, 0].iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<_>>();
        bytes.extend([self.crc, self.packed, self.size].iter().flat_map(|n| n.to_le_bytes()));
        bytes.extend((self.path.len() as u16).to_le_bytes());
        bytes
    }

    /// Its own header, its bytes and what stands after them.
    fn local(&self) -> Vec<u8> {
        [&b"PK\x03\x04"[..], &self.fields(), &[0, 0], self.path, &self.data, &self.descriptor].concat()
    }

    fn central(&self, at: u32) -> Vec<u8> {
        [&b"PK\x01\x02\x14\0"[..], &self.fields(), &[0; 14 - 2], &at.to_le_bytes(), self.path].concat()
    }

    /// Sizes that stand after the bytes, as a writer to a pipe has them.
    fn open(&self, mark: &[u8]) -> Hand {
        let sizes = [self.crc, self.packed, self.size].iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<_>>();
        Hand { flags: 8, crc: 0, size: 0, packed: 0, descriptor: [mark, &sizes].concat(), ..self.clone() }
    }
}

fn end(members: u16, size: usize, at: usize) -> Vec<u8> {
    let mut bytes = b"PK\x05\x06\0\0\0\0".to_vec();
    bytes.extend([members, members].iter().flat_map(|n| n.to_le_bytes()));
    bytes.extend([size as u32, at as u32].iter().flat_map(|n| n.to_le_bytes()));
    bytes.extend([0, 0]);
    bytes
}

/// An archive of members, each as its own header and as the directory has it.
fn archive(members: &[(Hand, Hand)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (own, listed) in members {
        directory.extend(listed.central(bytes.len() as u32));
        bytes.extend(own.local());
    }
    let at = bytes.len();
    bytes.extend(&directory);
    bytes.extend(end(members.len() as u16, directory.len(), at));
    bytes
}

fn honest(members: &[Hand]) -> Vec<u8> {
    archive(&members.iter().map(|member| (member.clone(), member.clone())).collect::<Vec<_>>())
}

fn one(own: Hand, listed: Hand) -> (Seen, Option<String>) {
    let mut all = unzip(&archive(&[(own, listed)]));
    (all.members.remove(0).1, all.notes.remove(0))
}

#[test]
fn archives_by_hand_are_right() {
    let all = unzip(&honest(&[stored(b"a", b"1"), deflated(b"b", b"22222")]));
    assert_eq!((all.members, all.walk.notes), (vec![file("a", b"1"), file("b", b"22222")], Vec::new()));
    let folder = folder();
    let path = write(folder.path(), "x.zip", &honest(&[stored(b"a", b"1"), deflated(b"b", b"22222")]));
    run(folder.path(), "unzip", &["-tq", path.to_str().unwrap()]);
}

#[test]
fn dangerous_paths_are_labels_with_a_note() {
    let bad: [&[u8]; 5] = [b"../x", b"/abs", b"c:\\x", b"n\0ul", b"\xff"];
    let all = unzip(&honest(&bad.map(|path| stored(path, b"1"))));
    assert_eq!(all.paths(), ["../x", "/abs", "c:\\x", "n\0ul", "\u{fffd}"]);
    assert!(all.members.iter().all(|(_, what)| *what == Seen::File(b"1".to_vec())));
    assert_eq!(all.notes[3].as_deref(), Some("path holds a NUL"));
    assert_eq!(all.notes[4].as_deref(), Some("path is not UTF-8"));
}

#[test]
fn a_directory_that_disagrees_is_believed_and_noted() {
    let (right, ok) = (deflated(b"a", b"content"), Seen::File(b"content".to_vec()));
    let (what, note) = one(Hand { path: b"b", ..right.clone() }, right.clone());
    assert_eq!((what, note.as_deref()), (ok.clone(), Some("directory has another path than the member's own header")));
    let (what, note) = one(Hand { size: 1, ..right.clone() }, right.clone());
    let sizes = "directory has another size or checksum than the member's own header";
    assert_eq!((what, note.as_deref()), (ok.clone(), Some(sizes)));
    let (what, note) = one(right.clone(), Hand { size: 1, ..right.clone() });
    assert_eq!(what, ok);
    assert_eq!(note.unwrap(), format!("{sizes}; 7 bytes, the archive says 1"));
    let (what, note) = one(right.clone(), Hand { crc: 1, ..right.clone() });
    assert_eq!((what, note.unwrap()), (ok.clone(), format!("{sizes}; checksum is wrong")));
    let (what, note) = one(Hand { flags: 1, ..right.clone() }, right.clone());
    assert_eq!((what, note.as_deref()), (ok, Some("only one of directory and own header says encrypted")));
}

#[test]
fn members_that_cannot_be_read_say_why() {
    let right = deflated(b"a", b"content");
    let refused = |member: &Hand| one(member.clone(), member.clone()).0;
    let reason = |reason: &str| Seen::Refused(reason.to_owned());
    assert_eq!(refused(&Hand { flags: 1, ..right.clone() }), reason("encrypted"));
    assert_eq!(refused(&Hand { method: 99, ..right.clone() }), reason("encrypted"));
    assert_eq!(refused(&Hand { method: 9, ..right.clone() }), reason("method 9 (deflate64) is not supported"));
    assert_eq!(refused(&Hand { method: 777, ..right.clone() }), reason("method 777 (unknown) is not supported"));
    assert_eq!(refused(&Hand { data: vec![0xff; 9], ..right.clone() }), reason("damaged: corrupt deflate stream"));
    let (what, note) = one(
        Hand { data: b"content".to_vec(), packed: 7, method: 0, ..right.clone() },
        Hand { packed: 5, method: 0, ..right.clone() },
    );
    assert_eq!(what, Seen::File(b"conte".to_vec()));
    assert!(note.unwrap().ends_with("5 bytes, the archive says 7; checksum is wrong"));
    let trailing = Hand { data: [right.data.as_slice(), b"hidden"].concat(), packed: right.packed + 6, ..right };
    let (what, note) = one(trailing.clone(), trailing);
    assert_eq!(
        (what, note.as_deref()),
        (Seen::File(b"content".to_vec()), Some("6 bytes follow the end of its compressed content"))
    );
}

#[test]
fn a_member_damaged_in_the_middle_is_read_as_far_as_it_goes() {
    let text = (0..20_000).map(|i| format!("{i} ")).collect::<String>();
    let mut member = deflated(b"a", text.as_bytes());
    let half = member.data.len() / 2;
    member.data.truncate(half);
    member.packed = half as u32;
    let (what, note) = one(member.clone(), member);
    let Seen::File(content) = what else { panic!("{what:?}") };
    assert!(content.len() > 10_000 && text.as_bytes().starts_with(&content));
    assert_eq!(note.unwrap(), format!("damaged after {} of {} bytes: ends early", content.len(), text.len()));
}

#[test]
fn members_that_share_bytes_are_refused() {
    let inner = deflated(b"inner", b"content");
    // As in the bombs that are called better: each member's bytes go over the headers of the next.
    let outer = stored(b"outer", &inner.local());
    let (outer_at, inner_at) = (0, outer.local().len() - inner.local().len());
    let after = stored(b"after", b"!");
    let mut bytes = [outer.local(), after.local()].concat();
    let at = bytes.len();
    let directory =
        [outer.central(outer_at), inner.central(inner_at as u32), after.central(outer.local().len() as u32)].concat();
    bytes.extend(&directory);
    bytes.extend(end(3, directory.len(), at));
    let all = unzip(&bytes);
    let reason = || Seen::Refused("shares bytes with another member (a decompression bomb?)".to_owned());
    assert_eq!(all.members, [("outer".to_owned(), reason()), ("inner".to_owned(), reason()), file("after", b"!")]);
    assert_eq!(
        all.walk.notes,
        ["2 members: shares bytes with another member (a decompression bomb?) (first: \"outer\")"]
    );
    // Two names for one place.
    let mut bytes = after.local();
    let directory = [after.central(0), after.central(0)].concat();
    let at = bytes.len();
    bytes.extend(&directory);
    bytes.extend(end(2, directory.len(), at));
    assert!(unzip(&bytes).members.iter().all(|(_, what)| *what == reason()));
}

#[test]
fn a_directory_that_points_elsewhere_is_refused() {
    let right = stored(b"a", b"content");
    let (what, _) = one(right.clone(), Hand { packed: 100, size: 100, ..right.clone() });
    assert_eq!(what, Seen::Refused("runs into the directory: cut or damaged".to_owned()));
    let mut bytes = right.local();
    let at = bytes.len();
    bytes.extend(right.central(3));
    bytes.extend(end(1, bytes.len() - at, at));
    assert_eq!(
        unzip(&bytes).members[0].1,
        Seen::Refused("has no header of its own where the directory says".to_owned())
    );
    // A member that is there and not listed.
    let mut bytes = [right.local(), stored(b"hidden", b"hidden").local()].concat();
    let at = bytes.len();
    bytes.extend(right.central(0));
    bytes.extend(end(1, bytes.len() - at, at));
    let all = unzip(&bytes);
    assert_eq!(all.members, [file("a", b"content")]);
    assert_eq!(all.walk.notes, ["42 bytes before the directory are of no member (one that was removed?)"]);
}

#[test]
fn a_damaged_directory_gives_what_it_has() {
    let mut bytes = honest(&[stored(b"a", b"1"), stored(b"b", b"2")]);
    let second = bytes.windows(4).rposition(|mark| mark == b"PK\x01\x02").unwrap();
    bytes[second] = 0;
    let all = unzip(&bytes);
    assert_eq!(all.members, [file("a", b"1")]);
    assert_eq!(all.walk.notes[0], format!("its directory is damaged at byte {second}, after 1 members"));
    assert_eq!(all.walk.notes[1], "its end says 2 members, its directory has 1");
}

#[test]
fn a_zip_that_is_cut_is_read_by_the_headers_of_its_members() {
    let text = b"one line and another line\n".repeat(400);
    let (a, b, c) = (stored(b"a", b"1"), deflated(b"b", &text), stored(b"dir/", b""));
    let lost = "no directory at its end (cut short?): members are found by their own headers";
    for own in [b.clone(), b.open(b"PK\x07\x08"), b.open(b"")] {
        let whole = [a.local(), own.local(), c.local(), a.local()].concat();
        let all = unzip(&[whole.as_slice(), &a.central(0)].concat());
        let expected = [file("a", b"1"), file("b", &text), ("dir/".to_owned(), Seen::Folder), file("a", b"1")];
        assert_eq!(all.members, expected);
        assert_eq!(all.notes, [None, None, None, Some("path was used by an earlier member".to_owned())]);
        assert_eq!(all.walk.notes[0], lost);
        let start = a.local().len();
        for length in 4..whole.len() {
            let all = unzip(&whole[..length]);
            for (path, what) in &all.members {
                let content: &[u8] = if path == "b" { &text } else { b"1" };
                assert!(!matches!(what, Seen::File(bytes) if !content.starts_with(bytes)), "{length}");
            }
            if length > start + 31 + own.data.len() / 2 && length < start + 31 + own.data.len() {
                let Seen::File(bytes) = &all.members[1].1 else { panic!("{length} {:?}", all.members) };
                assert!(
                    !bytes.is_empty() && all.notes[1].as_deref().unwrap().ends_with(": ends early"),
                    "{length} {:?}",
                    all.notes
                );
            }
        }
    }
    let open = stored(b"s", b"12345").open(b"PK\x07\x08");
    let all = unzip(&[open.local(), a.local()].concat());
    let reason = "its size stands after it and cannot be found without a directory";
    assert_eq!(all.members, [("s".to_owned(), Seen::Refused(reason.to_owned())), file("a", b"1")]);
    assert_eq!(all.walk.notes[1], "21 bytes from byte 31 are no member: skipped");
}

#[test]
fn a_real_zip_cut_anywhere_ends_in_a_note() {
    let whole = zipped(&[("a", b"1"), ("b/c", &[7; 3000]), ("d", b"")]);
    for length in 0..whole.len() {
        let all = unzip(&whole[..length]);
        assert!(!all.walk.notes.is_empty(), "{length}");
    }
    let comment = [&whole[..whole.len() - 2], &[9, 0], b"nine"].concat();
    let all = unzip(&comment);
    assert_eq!((all.members.len(), all.walk.notes), (3, vec!["ends inside its comment".to_owned()]));
}

#[test]
fn a_failing_disk_is_an_error_of_the_walk() {
    struct Broken(Cursor<Vec<u8>>, u64);
    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0.position() == self.1 { Err(std::io::Error::other("no more disk")) } else { self.0.read(buffer) }
        }
    }
    impl std::io::Seek for Broken {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.0.seek(to)
        }
    }
    let bytes = honest(&[deflated(b"a", b"content")]);
    for at in [31, bytes.len() as u64 - 22 - 47] {
        let content = Broken(Cursor::new(bytes.clone()), at);
        let result = walk_zip(content, &std::env::temp_dir(), &Limits::default(), &mut |_| Ok(()));
        assert_eq!(result.unwrap_err().to_string(), "no more disk", "{at}");
    }
}
