//! Archives that grow: each stops soon, with one line.

use std::time::{Duration, Instant};

use ::zip::ZipWriter;
use ::zip::write::SimpleFileOptions;

use super::*;

#[test]
fn a_gib_of_zeros_in_a_zip_is_refused_at_256_mib() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let best = SimpleFileOptions::default().compression_level(Some(9));
    writer.start_file("zeros", best).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..1024 {
        writer.write_all(&zeros).unwrap();
    }
    writer.start_file("after", best).unwrap();
    writer.write_all(b"still read").unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert!(bytes.len() < 2 << 20);
    let begun = Instant::now();
    let mut all = All::default();
    let limits = Limits::default();
    let walk = walk_zip(Cursor::new(&bytes), &std::env::temp_dir(), &limits, &mut |member| all.take(member)).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let Seen::Refused(reason) = &all.members[0].1 else { panic!() };
    assert!(reason.starts_with("stopped: 268"), "{reason}");
    assert!(reason.ends_with(" compressed bytes, over 1000:1 (a decompression bomb?)"), "{reason}");
    assert_eq!(all.members[1], file("after", b"still read"));
    assert_eq!(walk.notes, ["1 member: over a limit (first: \"zeros\")"]);
}

#[test]
fn many_members_that_grow_meet_the_limit_for_all() {
    let content = vec![0; 3 << 20];
    let members = ["a", "b", "c", "d"].map(|path| (path, content.as_slice()));
    let all = zip_within(&super::zip::zipped(&members), &Limits { total: 10 << 20, ..Limits::default() });
    assert!(all.members[..3].iter().all(|(_, what)| matches!(what, Seen::File(_))));
    let Seen::Refused(reason) = &all.members[3].1 else { panic!() };
    assert!(reason.starts_with("over the limit of 10485760 bytes for all members: "), "{reason}");
}

/// The overlap of the best known bomb: every member's header names the same bytes.
#[test]
fn thousands_of_members_over_the_same_bytes_are_refused_without_undoing_one() {
    let folder = folder();
    let script = r#"
import struct, zlib
kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
data = kernel.compress(b"a" * (64 << 20)) + kernel.flush()
crc = zlib.crc32(b"a" * (64 << 20))
local = lambda name: struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(data), 64 << 20, len(name), 0) + name
names = [b"%05d" % n for n in range(20000)]
with open("bomb.zip", "wb") as out:
    out.write(local(names[0]) + data)
    start = out.tell()
    for name in names:
        out.write(struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(data), 64 << 20, len(name), 0, 0, 0, 0, 0, 0) + name)
    size = out.tell() - start
    out.write(struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(names), len(names), size, start, 0))
"#;
    if !run(folder.path(), "python3", &["-c", script]) {
        return;
    }
    let bytes = std::fs::read(folder.path().join("bomb.zip")).unwrap();
    let begun = Instant::now();
    let all = unzip(&bytes);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let reason = "shares bytes with another member (a decompression bomb?)";
    assert_eq!(all.members.len(), 20_000);
    assert!(all.members.iter().all(|(_, what)| *what == Seen::Refused(reason.to_owned())));
    assert_eq!(all.walk.notes, [format!("20000 members: {reason} (first: \"00000\")")]);
}

/// Without a directory, headers inside the bytes of others must not be undone again and again.
#[test]
fn a_chain_of_headers_without_a_directory_is_read_once() {
    let mut bytes = Vec::new();
    for _ in 0..20_000 {
        // A deflated member whose size stands after it, and whose one stored block begins with the next member.
        bytes.extend(b"PK\x03\x04\x14\0\x08\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a\0\xff\xff\0\0");
    }
    let begun = Instant::now();
    let all = zip_within(&bytes, &Limits::default());
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let total =
        all.members.iter().map(|(_, what)| if let Seen::File(bytes) = what { bytes.len() } else { 0 }).sum::<usize>();
    assert!(total <= bytes.len());
}
