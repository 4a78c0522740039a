//! Packings in each other, cut, damaged and lying; UTF-16.

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What a program of the system makes of bytes, None when it is not installed.
fn tool(name: &str, arguments: &[&str], bytes: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new(name);
    let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut input = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&bytes).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{name}");
    Some(output.stdout)
}

/// `xz` wrote this of `hello xz\n`, with a checksum of 64 bits.
const XZ: &[u8] = b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4F\x02\0!\x01\x10\0\0\0\xa8p\x8e\x86\x01\0\x08hello xz\n\0\0\0\0\
    \xc1I:\xfacR\x14Z\0\x01!\x09l\x18\xc5\xd5\x1f\xb6\xf3}\x01\0\0\0\0\x04YZ";

fn xz(bytes: &[u8]) -> Option<Vec<u8>> {
    tool("xz", &["-c", "-1"], bytes)
}

fn open(bytes: Vec<u8>) -> Source {
    Source::open(Box::new(Cursor::new(bytes))).unwrap()
}

fn all(bytes: Vec<u8>) -> (Vec<u8>, Option<String>) {
    let mut source = open(bytes);
    let mut content = Buffer::default();
    while source.read(&mut content, 7).unwrap() {}
    assert_eq!(source.size, content.len() as u64);
    (content.to_vec(), source.note)
}

fn text() -> String {
    (0..20_000).map(|i| format!("{i} ")).collect()
}

#[test]
fn gzip_in_gzip_and_many_members_are_undone() {
    let twice = gzip(&gzip(b"hello world, hello world"));
    assert_eq!(all(twice), (b"hello world, hello world".to_vec(), None));
    let mut members = gzip(b"hello ");
    members.extend(gzip(b"world"));
    assert_eq!(all(members), (b"hello world".to_vec(), None));
    assert_eq!(all(Vec::new()), (Vec::new(), None));
    assert_eq!(all(b"x".to_vec()), (b"x".to_vec(), None));
}

#[test]
fn a_cut_archive_gives_what_it_has_and_a_note() {
    let text = text();
    let whole = gzip(text.as_bytes());
    let (content, note) = all(whole[..whole.len() / 2].to_vec());
    assert!(!content.is_empty() && text.as_bytes().starts_with(&content));
    assert!(note.unwrap().starts_with("gzip ends early"));
}

#[test]
fn a_failing_disk_is_an_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("no more disk"))
        }
    }
    for packed in [gzip(b"abc"), zstd(b"abc"), bzip2(b"abc")].into_iter().chain(xz(b"abc")) {
        let cut = packed[..12].to_vec();
        assert!(Source::open(Box::new(Cursor::new(cut).chain(Broken))).is_err());
        let read = || {
            let mut source = Source::open(Box::new(Cursor::new(packed.clone()).chain(Broken)))?;
            while source.read(&mut Buffer::default(), 2)? {}
            Ok::<_, io::Error>(source.note)
        };
        let error = read().unwrap_err();
        assert_eq!(error.to_string(), "no more disk");
    }
}

#[test]
fn every_way_of_packing_is_undone_also_in_each_other() {
    let text = text();
    let mut packed = vec![gzip(text.as_bytes()), zstd(text.as_bytes()), bzip2(text.as_bytes())];
    packed.extend(xz(text.as_bytes()));
    packed.extend(tool("bzip2", &["-c"], text.as_bytes()));
    packed.extend(tool("zstd", &["-c", "--long=27"], text.as_bytes()));
    packed.extend(tool("xz", &["-c", "--check=sha256", "-9e", "--block-size=10000"], text.as_bytes()));
    packed.extend(tool("xz", &["-c", "--check=crc32", "--x86", "--delta=dist=4", "--lzma2"], text.as_bytes()));
    packed.extend(tool("xz", &["-c", "--check=none"], text.as_bytes()));
    for one in &packed {
        let (content, note) = all(one.clone());
        assert_eq!((content == text.as_bytes(), note), (true, None));
        let (content, note) = all(gzip(&zstd(&bzip2(one))));
        assert_eq!((content == text.as_bytes(), note), (true, None));
        let twice = [one.as_slice(), one].concat();
        assert_eq!(all(twice).0.len(), 2 * text.len());
    }
    let mut source = open(gzip(&bzip2(b"x")));
    assert!(!source.read(&mut Buffer::default(), 9).unwrap());
    assert_eq!(source.layers, ["gzip", "bzip2"]);
}

#[test]
fn what_is_packed_five_deep_is_left_as_it_is() {
    let inner = gzip(b"deep");
    let (content, note) = all(gzip(&gzip(&gzip(&gzip(&inner)))));
    assert_eq!(content, inner);
    assert_eq!(note.unwrap(), "packed more than 4 deep: the gzip inside is left as it is");
}

#[test]
fn every_cut_gives_a_beginning_and_names_the_layer() {
    let text = b"one line and another line and one more line\n".repeat(40);
    let packed =
        [("gzip", Some(gzip(&text))), ("zstd", Some(zstd(&text))), ("bzip2", Some(bzip2(&text))), ("xz", xz(&text))];
    for (name, packed) in packed {
        let Some(packed) = packed else { continue };
        for end in 10..packed.len() {
            let (content, note) = all(packed[..end].to_vec());
            assert!(text.starts_with(&content), "{name} {end}");
            let expected = format!("{name} ends early: {} bytes of content were read", content.len());
            assert_eq!(note, Some(expected), "{name} {end}");
        }
    }
}

#[test]
fn the_layer_that_is_damaged_is_named_and_the_input_is_read_to_its_end() {
    let inner = bzip2(text().as_bytes());
    let mut packed = gzip(&inner);
    packed.truncate(packed.len() / 2);
    assert!(all(packed).1.unwrap().starts_with("gzip ends early: "));
    let mut cut = inner.clone();
    cut.truncate(cut.len() / 2);
    assert!(all(gzip(&cut)).1.unwrap().starts_with("bzip2 ends early: "));
    let mut wrong = inner;
    let middle = wrong.len() / 2;
    wrong[middle] ^= 0x55;
    let read = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    struct Counting(Cursor<Vec<u8>>, Arc<std::sync::atomic::AtomicUsize>);
    impl Read for Counting {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read(buffer)?;
            self.1.fetch_add(read, std::sync::atomic::Ordering::Relaxed);
            Ok(read)
        }
    }
    let mut packed = gzip(&wrong);
    packed.extend(vec![7; 100_000]);
    let length = packed.len();
    let mut source = Source::open(Box::new(Counting(Cursor::new(packed), Arc::clone(&read)))).unwrap();
    while source.read(&mut Buffer::default(), 1000).unwrap() {}
    assert!(source.note.as_ref().unwrap().starts_with("bzip2 is damaged after "), "{:?}", source.note);
    assert_eq!(read.load(std::sync::atomic::Ordering::Relaxed), length);
}

/// What was undone before the damage counts, and how much is read at a time makes no difference.
#[test]
fn content_before_the_damage_is_kept_however_much_is_read_at_a_time() {
    let text = text();
    type Packing<'a> = (&'a str, &'a dyn Fn(&[u8]) -> Vec<u8>, usize);
    let packings: [Packing<'_>; 3] = [("gzip", &gzip, 0), ("zstd", &zstd, 512), ("bzip2", &bzip2, 512)];
    for (name, pack, lost) in packings {
        let mut packed = pack(text.as_bytes());
        let place = packed.len() * 9 / 10;
        packed[place..place + 400].fill(0xff);
        let (small, note) = all(packed.clone());
        let (mut large, mut source) = (Buffer::default(), open(packed.clone()));
        while source.read(&mut large, 1 << 20).unwrap() {}
        assert_eq!((small.len(), &note), (large.len(), &source.note), "{name}");
        assert!(small == *large, "{name}");
        // Without a checksum zstd does not see every damage.
        assert!(name == "zstd" || note.unwrap().contains("is damaged after"), "{name}");
        let same = small.iter().zip(text.as_bytes()).take_while(|(a, b)| a == b).count();
        // A block of zstd or bzip2 is undone as a whole or not at all.
        let least = if lost == 0 { text.len() * 8 / 10 } else { 0 };
        assert!(same + lost >= least, "{name}: {same} of {}", text.len());
    }
}

#[test]
fn a_plain_reader_over_it_ends_where_the_archive_is_cut() {
    let whole = gzip(text().as_bytes());
    let mut source = open(whole[..whole.len() / 2].to_vec());
    let mut content = Vec::new();
    io::copy(&mut source, &mut content).unwrap();
    assert_eq!(source.size, content.len() as u64);
    assert!(text().as_bytes().starts_with(&content) && source.note.unwrap().starts_with("gzip ends early"));
}

#[test]
fn a_bomb_stops_at_256_mib_with_one_line() {
    // Members that follow each other: a GiB of zeros without compressing a GiB.
    let zeros = vec![0; 64 << 20];
    let xz = tool("xz", &["-c", "-0"], &zeros);
    for (name, packed) in [("gzip", Some(gzip(&zeros))), ("zstd", Some(zstd(&zeros))), ("xz", xz)] {
        // The fastest gzip stays under the ratio, the best goes just over it.
        let Some(packed) = packed.map(|packed| if name == "gzip" { best(&zeros) } else { packed }) else { continue };
        let mut source = open(packed.repeat(16));
        let mut held = Buffer::default();
        while source.read(&mut held, 1 << 20).unwrap() {
            held.forget(held.len());
        }
        let note = source.note.unwrap();
        let made = source.size >> 20;
        assert!((256..260).contains(&made), "{name} {made}");
        assert!(note.starts_with(&format!("stopped: {} bytes of content from ", source.size)), "{note}");
        assert!(note.ends_with(" compressed bytes, over 1000:1 (a decompression bomb?)"), "{note}");
    }
}

fn best(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_bomb_inside_that_gives_nothing_out_stops_too() {
    // Zeros between the streams of an xz are padding: content of the gzip, and none of the xz.
    let Some(mut inner) = xz(b"x") else { return };
    inner.extend(vec![0; 272 << 20]);
    let (content, note) = all(best(&inner));
    assert_eq!(content, b"x");
    assert!(note.unwrap().contains("over 1000:1"));
}

#[test]
fn content_has_a_limit() {
    let bounds = Bounds { total: 1000, ..Bounds::default() };
    let mut source = Source::open_within(Box::new(Cursor::new(gzip(&[b'a'; 5000]))), bounds).unwrap();
    let mut content = Buffer::default();
    while source.read(&mut content, 100).unwrap() {}
    assert_eq!(source.note.unwrap(), "stopped: over 1000 bytes of content");
    assert!((1000..2000).contains(&content.len()));
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(|unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

const UTF16: &str = "UTF-16 text, read as UTF-8: places count in UTF-8 bytes";

#[test]
fn utf16_with_a_mark_is_read_as_utf8() {
    let text = "{\"name\":\"Zoë 日本 😀\"}\r\n".repeat(3000);
    for big in [false, true] {
        for packed in [utf16(&text, big), gzip(&utf16(&text, big))] {
            let (content, note) = all(packed);
            assert_eq!(String::from_utf8(content).unwrap(), text);
            assert_eq!(note.unwrap(), UTF16);
        }
    }
    assert_eq!(all(b"\xff\xfe".to_vec()), (Vec::new(), None));
    let (content, note) = all(b"\xff\xfe\0\0a\0\0\0".to_vec());
    assert_eq!(content, b"\xff\xfe\0\0a\0\0\0");
    assert_eq!(note.unwrap(), "UTF-32 text by its byte order mark: not read as text");
}

#[test]
fn halves_of_pairs_become_the_replacement_and_are_counted() {
    // a, a high half, b, a low half, two high halves and a low one (a pair with the second), a high half, half a unit.
    let units = [0xfeff, 0x61, 0xd83d, 0x62, 0xde00, 0xd83d, 0xd83d, 0xde00, 0xd83d];
    let mut bytes = units.iter().flat_map(|unit: &u16| unit.to_le_bytes()).collect::<Vec<_>>();
    bytes.push(0x63);
    let (content, note) = all(bytes);
    assert_eq!(String::from_utf8(content).unwrap(), "a\u{fffd}b\u{fffd}\u{fffd}😀\u{fffd}\u{fffd}");
    let rest = "4 lone surrogates are read as U+FFFD; the text ends in half a unit, read as U+FFFD";
    assert_eq!(note.unwrap(), format!("{UTF16}; {rest}"));
    let cut = gzip(&utf16(&text(), false));
    let note = all(cut[..cut.len() / 2].to_vec()).1.unwrap();
    assert!(note.starts_with(UTF16) && note.contains("gzip ends early"), "{note}");
}

proptest! {
    #[test]
    fn any_bytes_are_read(head in prop::sample::select(vec![0_usize, 1, 2, 3, 4, 5, 6]), rest in prop::collection::vec(any::<u8>(), 0..300)) {
        let heads: [&[u8]; 7] = [b"", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4F", b"BZh9\x31\x41\x59\x26\x53\x59", b"\xff\xfe", b"\xfe\xff"];
        let bytes = [heads[head], &rest].concat();
        let (content, note) = all(bytes.clone());
        prop_assert!(head > 0 || content == bytes || note.is_some());
    }

    #[test]
    fn any_change_of_an_archive_is_read(which in 0..4_usize, at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let text = b"one line and another line and one more line\n".repeat(20);
        let mut bytes = match which { 0 => gzip(&text), 1 => zstd(&text), 2 => bzip2(&text), _ => XZ.to_vec() };
        let at = at.index(bytes.len());
        bytes[at] = to;
        bytes.truncate(cut.index(bytes.len()) + 1);
        let (content, _) = all(bytes);
        prop_assert!(content.len() < 1 << 20);
    }
}

proptest! {
    /// Behind the checksum of its header, where a hostile writer is and random changes are not.
    #[test]
    fn any_filters_of_xz_are_read(filters in any::<[u8; 6]>(), size in 2..8_u8, more in any::<[u8; 16]>()) {
        let length = (usize::from(size) + 1) * 4;
        let mut header = [&[size, filters[0] & 0xc3], &filters[1..], &more, &[0; 16]].concat();
        header.truncate(length - 4);
        let mut crc = flate2::Crc::new();
        crc.update(&header);
        let bytes = [&XZ[..12], &header, &crc.sum().to_le_bytes(), &XZ[24..]].concat();
        prop_assert!(all(bytes).0.len() < 100);
    }
}

#[test]
fn an_xz_with_too_wide_a_window_is_refused() {
    for (dictionary, ok) in [(0x1c_u8, true), (0x20, true), (0x28, false)] {
        let header = [2, 0, 0x21, 1, dictionary, 0, 0, 0];
        let mut crc = flate2::Crc::new();
        crc.update(&header);
        let (content, note) = all([&XZ[..12], &header, &crc.sum().to_le_bytes(), &XZ[24..]].concat());
        assert_eq!((content == b"hello xz\n", note.is_none()), (ok, ok), "{note:?}");
    }
}

#[test]
fn windows_powershell_output_is_read_when_iconv_makes_it() {
    let Some(bytes) = tool("iconv", &["-f", "UTF-8", "-t", "UTF-16"], "Zoë 😀\n".as_bytes()) else { return };
    assert_eq!(all(bytes), ("Zoë 😀\n".as_bytes().to_vec(), Some(UTF16.to_owned())));
}
