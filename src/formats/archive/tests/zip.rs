//! Zips of every maker.

use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, ZipWriter};

use super::*;

pub(super) fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in members {
        writer.start_file(*path, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn members_come_in_order_with_their_bytes() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    writer.add_directory("node-0", SimpleFileOptions::default()).unwrap();
    writer.start_file("node-0/dns", stored).unwrap();
    writer.write_all(b"10.0.0.10").unwrap();
    writer.start_file("node-0/big", stored.large_file(true)).unwrap();
    writer.write_all(&[9; 70_000]).unwrap();
    writer.start_file("node-0/kubeobjects/Zoë", SimpleFileOptions::default()).unwrap();
    writer.write_all(&b"Name: cart-0\n".repeat(500)).unwrap();
    writer.start_file("empty", SimpleFileOptions::default()).unwrap();
    writer.add_symlink("link", "../../etc/passwd", SimpleFileOptions::default()).unwrap();
    let all = unzip(&writer.finish().unwrap().into_inner());
    let expected = [
        ("node-0/".to_owned(), Seen::Folder),
        file("node-0/dns", b"10.0.0.10"),
        file("node-0/big", &[9; 70_000]),
        file("node-0/kubeobjects/Zoë", &b"Name: cart-0\n".repeat(500)),
        file("empty", b""),
        ("link".to_owned(), Seen::Link("../../etc/passwd".to_owned())),
    ];
    assert_eq!(all.members, expected);
    assert_eq!(all.sizes, [0, 9, 70_000, 6500, 0, 16]);
    assert_eq!(all.walk.notes, [""; 0]);
    assert_eq!(all.notes, [const { None }; 6]);
    let nothing = unzip(&zipped(&[]));
    assert_eq!((nothing.members.len(), nothing.walk.notes.len()), (0, 0));
}

/// The program, with every way of packing it has, and from a pipe: sizes stand after the bytes then.
#[test]
fn what_zip_writes_is_read() {
    let folder = folder();
    let text = b"one line and another line\n".repeat(4000);
    write(folder.path(), "in/a.log", &text);
    write(folder.path(), "in/b.json", b"{}");
    std::os::unix::fs::symlink("a.log", folder.path().join("in/link")).unwrap();
    for (number, arguments) in
        [&["-r", "-y"][..], &["-r", "-y", "-0"], &["-r", "-y", "-fz"], &["-r", "-y", "-Z", "bzip2"]].iter().enumerate()
    {
        let name = format!("out{number}.zip");
        if !run(folder.path(), "zip", &[arguments, &["-q", &name, "in"][..]].concat()) {
            return;
        }
        let mut all = unzip(&std::fs::read(folder.path().join(&name)).unwrap());
        all.members.sort_by(|a, b| a.0.cmp(&b.0));
        let link = ("in/link".to_owned(), Seen::Link("a.log".to_owned()));
        let expected = [("in/".to_owned(), Seen::Folder), file("in/a.log", &text), file("in/b.json", b"{}"), link];
        assert_eq!(all.members, expected, "{arguments:?}");
        assert_eq!(all.walk.notes, [""; 0], "{arguments:?}");
    }
    if run(folder.path(), "sh", &["-c", "cat in/a.log | zip -q - - > piped.zip"]) {
        let all = unzip(&std::fs::read(folder.path().join("piped.zip")).unwrap());
        assert_eq!(all.members, [file("-", &text)]);
        assert_eq!(all.walk.notes, [""; 0]);
    }
    if run(folder.path(), "zip", &["-q", "-P", "secret", "locked.zip", "in/b.json"]) {
        let all = unzip(&std::fs::read(folder.path().join("locked.zip")).unwrap());
        assert_eq!(all.members, [("in/b.json".to_owned(), Seen::Refused("encrypted".to_owned()))]);
    }
}

#[test]
fn what_python_writes_is_read() {
    let folder = folder();
    let script = r#"
import io, sys, zipfile
class Pipe(io.RawIOBase):
    def __init__(self, file): self.file = file
    def writable(self): return True
    def write(self, data): return self.file.write(data)
with open("pipe.zip", "wb") as file, zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_DEFLATED) as zip:
    zip.writestr("a", b"a" * 1000)
    with zip.open("wide", "w", force_zip64=True) as member:
        member.write(b"w" * 1000)
with zipfile.ZipFile("twice.zip", "w", zipfile.ZIP_BZIP2) as zip:
    zip.comment = b"PK\x05\x06 in a comment"
    zip.writestr("a", b"1")
    zip.writestr("a", b"2")
with zipfile.ZipFile("lzma.zip", "w", zipfile.ZIP_LZMA) as zip:
    zip.writestr("a", b"1")
with zipfile.ZipFile("many.zip", "w") as zip:
    for number in range(66000):
        zip.writestr(str(number), b"")
"#;
    if !run(folder.path(), "python3", &["-W", "ignore", "-c", script]) {
        return;
    }
    let read = |name| std::fs::read(folder.path().join(name)).unwrap();
    let all = unzip(&read("pipe.zip"));
    assert_eq!(all.members, [file("a", &[b'a'; 1000]), file("wide", &[b'w'; 1000])]);
    assert_eq!(all.walk.notes, [""; 0]);
    let all = unzip(&read("twice.zip"));
    assert_eq!(all.members, [file("a", b"1"), file("a", b"2")]);
    assert_eq!(all.notes[1].as_deref(), Some("path was used by an earlier member"));
    assert_eq!(unzip(&read("lzma.zip")).members[0].1, Seen::Refused("method 14 (lzma) is not supported".to_owned()));
    // More than the old end of a zip can count.
    let all = unzip(&read("many.zip"));
    assert_eq!((all.members.len(), all.members[65_999].0.as_str(), all.walk.notes.len()), (66_000, "65999", 0));
    let all = zip_within(&read("many.zip"), &Limits { members: 10, ..Limits::default() });
    assert_eq!((all.members.len(), all.walk.notes), (10, vec!["stopped after 10 members: the limit".to_owned()]));
}

#[test]
fn bytes_before_and_after_are_noted() {
    let whole = zipped(&[("a", b"1"), ("b", b"2")]);
    let all = unzip(&[b"#!/bin/sh\n", whole.as_slice()].concat());
    assert_eq!(all.members, [file("a", b"1"), file("b", b"2")]);
    assert_eq!(all.walk.notes, ["10 bytes stand before the archive"]);
    let all = unzip(&[whole.as_slice(), b"garbage"].concat());
    assert_eq!(all.members, [file("a", b"1"), file("b", b"2")]);
    assert_eq!(all.walk.notes, ["7 bytes follow the end of the archive"]);
}
