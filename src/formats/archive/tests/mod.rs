//! Archives made by the crates and programs that others use, by hand where those would not lie, and at random.

mod bombs;
mod fuzz;
mod tar;
mod tar_odd;
mod zip;
mod zip_odd;

use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

/// A member as the tests compare it.
#[derive(Clone, PartialEq, Eq)]
enum Seen {
    File(Vec<u8>),
    Folder,
    Link(String),
    Special(&'static str),
    Refused(String),
}

/// Short: some files are long.
impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Seen::File(bytes) => write!(f, "File({} bytes, {:?})", bytes.len(), &bytes[..bytes.len().min(20)]),
            Seen::Folder => write!(f, "Folder"),
            Seen::Link(to) => write!(f, "Link({to:?})"),
            Seen::Special(what) => write!(f, "Special({what})"),
            Seen::Refused(reason) => write!(f, "Refused({reason})"),
        }
    }
}

#[derive(Debug, Default)]
struct All {
    members: Vec<(String, Seen)>,
    sizes: Vec<u64>,
    notes: Vec<Option<String>>,
    walk: Walk,
}

impl All {
    fn take(&mut self, member: Member) -> std::io::Result<()> {
        let what = match member.what {
            What::File(mut spool) => {
                let mut bytes = Vec::new();
                spool.read_to_end(&mut bytes)?;
                assert_eq!(bytes.len() as u64, spool.len());
                Seen::File(bytes)
            }
            What::Folder => Seen::Folder,
            What::Link { to } => Seen::Link(to),
            What::Special(what) => Seen::Special(what),
            What::Refused(reason) => Seen::Refused(reason),
        };
        self.members.push((member.path, what));
        self.sizes.push(member.size);
        self.notes.push(member.note);
        Ok(())
    }

    fn paths(&self) -> Vec<&str> {
        self.members.iter().map(|(path, _)| path.as_str()).collect()
    }
}

fn tar_within(bytes: &[u8], limits: &Limits) -> All {
    let mut all = All::default();
    let walk = walk_tar(bytes, &std::env::temp_dir(), limits, &mut |member| all.take(member)).unwrap();
    assert_eq!(walk.members, all.members.len() as u64);
    same_again(&all, |number| member_tar(bytes, &std::env::temp_dir(), limits, number));
    All { walk, ..all }
}

fn zip_within(bytes: &[u8], limits: &Limits) -> All {
    let mut all = All::default();
    let walk = walk_zip(Cursor::new(bytes), &std::env::temp_dir(), limits, &mut |member| all.take(member)).unwrap();
    assert_eq!(walk.members, all.members.len() as u64);
    same_again(&all, |number| member_zip(Cursor::new(bytes), &std::env::temp_dir(), limits, number));
    All { walk, ..all }
}

/// A member that is opened alone has the same bytes.
fn same_again(all: &All, open: impl Fn(u64) -> std::io::Result<Option<Spool>>) {
    for (number, (_, what)) in all.members.iter().enumerate().take(30) {
        let mut bytes = Vec::new();
        match (open(number as u64).unwrap(), what) {
            (Some(mut spool), Seen::File(expected)) => {
                spool.read_to_end(&mut bytes).unwrap();
                assert!(bytes == *expected, "{number}");
            }
            // What is over a limit for all is not when it is alone.
            (_, Seen::Refused(reason)) if reason.starts_with("over the limit") => {}
            (None, Seen::File(_)) => panic!("member {number} is not found again"),
            (None, _) => {}
            (Some(_), what) => panic!("member {number} is {what:?} and a file when it is alone"),
        }
    }
    assert!(open(all.members.len() as u64).unwrap().is_none());
}

fn untar(bytes: &[u8]) -> All {
    tar_within(bytes, &Limits::default())
}

fn unzip(bytes: &[u8]) -> All {
    zip_within(bytes, &Limits::default())
}

fn file(path: &str, content: &[u8]) -> (String, Seen) {
    (path.to_owned(), Seen::File(content.to_vec()))
}

/// A folder of its own for programs that write files.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn write(folder: &Path, path: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
    path
}

/// Runs a program in a folder; false when it is not installed.
fn run(folder: &Path, name: &str, arguments: &[&str]) -> bool {
    let Ok(output) = Command::new(name).args(arguments).current_dir(folder).output() else { return false };
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    true
}

#[test]
fn kinds_are_told_by_their_first_bytes() {
    assert_eq!(kind(b"PK\x03\x04"), Some(Kind::Zip));
    assert_eq!(kind(b"PK\x05\x06\0\0"), Some(Kind::Zip));
    assert_eq!(kind(b"PK is a company"), None);
    assert_eq!(kind(b""), None);
    assert_eq!(kind(&[0; 1024]), None);
    assert_eq!(kind("{\"kind\":\"Event\"}\n".repeat(60).as_bytes()), None);
    let mut text = vec![b'x'; 1024];
    text[257..262].copy_from_slice(b"ustar");
    assert_eq!(kind(&text), Some(Kind::Tar));
    for mut header in [::tar::Header::new_old(), ::tar::Header::new_gnu(), ::tar::Header::new_ustar()] {
        header.set_path("metadata/version").unwrap();
        header.set_size(0);
        header.set_cksum();
        assert_eq!(kind(header.as_bytes()), Some(Kind::Tar));
        assert_eq!(kind(&header.as_bytes()[..500]), None);
        header.as_mut_bytes()[0] ^= 1;
        assert_eq!(kind(header.as_bytes()).is_some(), header.as_ustar().is_some() || header.as_gnu().is_some());
    }
    let mut page = vec![0; 4096];
    page[16..20].copy_from_slice(&0xED0C_DAED_u32.to_le_bytes());
    assert!(is_bbolt(&page) && !is_bbolt(&page[..19]) && !is_bbolt(&[0; 64]));
    assert!(is_avro(b"Obj\x01\x04") && !is_avro(b"Object"));
}
