//! Copies of evidence: they come back as they were, and never take the place of another file.

use std::io::{self, Read, Seek};
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use crate::case::embed::{Embedded, embed_from, hash_content, open, unpack};
use crate::case::hash::{Hasher, hash_file};

/// Gives bytes in pieces of `step`.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.len().min(buffer.len()).min(self.1);
        buffer[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

fn store(bytes: &[u8], into: &Path) -> Embedded {
    embed_from(&mut Pieces(bytes, 65_536), Path::new("input"), into).unwrap()
}

fn back(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    open(path).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_stored_and_comes_back_with_its_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("audit.json");
    let bytes = b"{\"kind\":\"Event\"}\n".repeat(100_000);
    std::fs::write(&source, &bytes).unwrap();
    let mut file = std::fs::File::open(&source).unwrap();
    let copy = embed_from(&mut file, &source, &folder.path().join("0")).unwrap();
    assert_eq!(copy.path, folder.path().join("0.zst"));
    assert_eq!(back(&copy.path), bytes);
    let stored = hash_file(&copy.path).unwrap();
    assert_eq!((copy.size, &copy.sha256), (stored.size, &stored.sha256));
    assert!(copy.size < bytes.len() as u64 / 100);
    assert_eq!(copy.content, hash_file(&source).unwrap());
    assert_eq!(hash_content(&copy.path, copy.content.size).unwrap(), copy.content);
    assert_eq!(names(folder.path()), ["0.zst", "audit.json"]);
}

#[test]
fn the_zstd_of_others_reads_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let copy = store(&b"one\n".repeat(300_000), &folder.path().join("0"));
    let Ok(output) = Command::new("zstd").args(["-d", "-c"]).arg(&copy.path).stderr(Stdio::null()).output() else {
        // There is no zstd program here to compare with.
        return;
    };
    assert!(output.status.success());
    assert_eq!(output.stdout, b"one\n".repeat(300_000));
}

#[test]
fn what_is_compressed_already_is_stored_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let starts: [&[u8]; 5] = [b"\x1f\x8b\x08", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"PAR1"];
    for (number, start) in starts.into_iter().enumerate() {
        let bytes = [start, &[b'a'; 5000]].concat();
        let copy = store(&bytes, &folder.path().join(number.to_string()));
        assert_eq!(copy.path.extension().unwrap(), "raw");
        assert_eq!(std::fs::read(&copy.path).unwrap(), bytes);
        assert_eq!(back(&copy.path), bytes);
        assert_eq!(copy.sha256, copy.content.sha256);
    }
}

#[test]
fn less_than_a_whole_magic_is_compressed() {
    let folder = tempfile::tempdir().unwrap();
    for (number, bytes) in [b"".as_slice(), b"\x1f", b"PK\x03", b"PAR", b"PK\x01\x02"].into_iter().enumerate() {
        let copy = store(bytes, &folder.path().join(number.to_string()));
        assert_eq!(copy.path.extension().unwrap(), "zst");
        assert_eq!(back(&copy.path), bytes);
    }
}

#[test]
fn a_copy_can_be_read_at_any_place() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("0", b"0123456789".as_slice()), ("1", b"PK\x03\x04456789")] {
        let copy = store(bytes, &folder.path().join(name));
        let mut file = unpack(&copy.path, 10, folder.path()).unwrap();
        let mut end = String::new();
        file.seek(io::SeekFrom::Start(7)).unwrap();
        file.read_to_string(&mut end).unwrap();
        assert_eq!(end, "789");
    }
    assert_eq!(names(folder.path()), ["0.zst", "1.raw"]);
    let mut cut = unpack(&folder.path().join("0.zst"), 4, folder.path()).unwrap();
    assert_eq!(cut.seek(io::SeekFrom::End(0)).unwrap(), 5);
}

#[test]
fn a_copy_never_takes_the_place_of_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("0");
    let first = store(b"one", &into);
    // The same again, as after a killed command, is no harm.
    assert_eq!(store(b"one", &into), first);
    let error = embed_from(&mut b"two".as_slice(), Path::new("input"), &into).unwrap_err();
    assert!(error.to_string().starts_with("cannot write"), "{error}");
    assert_eq!(back(&first.path), b"one");
    assert_eq!(names(folder.path()), ["0.zst"]);
}

struct Fails;

impl Read for Fails {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        static SEEN: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
        if SEEN.swap(true, std::sync::atomic::Ordering::Relaxed) {
            return Err(io::Error::other("the disk is gone"));
        }
        Ok(buffer.len())
    }
}

#[test]
fn a_failed_read_leaves_nothing_behind_and_names_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let error = embed_from(&mut Fails, Path::new("/evidence/a"), &folder.path().join("0")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read /evidence/a");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn the_suffix_comes_after_the_whole_name() {
    let folder = tempfile::tempdir().unwrap();
    let copy = store(b"one", &folder.path().join("audit.2031.json"));
    assert_eq!(copy.path, folder.path().join("audit.2031.json.zst"));
    assert!(open(&folder.path().join("audit.json")).is_err());
}

#[cfg(unix)]
#[test]
fn nobody_may_write_to_a_copy() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let copy = store(b"one", &folder.path().join("0"));
    assert_eq!(std::fs::metadata(&copy.path).unwrap().permissions().mode() & 0o333, 0);
}

#[test]
fn a_frame_that_unpacks_for_ever_is_left_after_one_byte_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let copy = store(&vec![0; 50 << 20], &folder.path().join("0"));
    assert_eq!(hash_content(&copy.path, 1000).unwrap().size, 1001);
}

#[test]
fn a_frame_that_wants_more_memory_than_ours_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("0.zst");
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.window_log(27).unwrap();
    io::copy(&mut io::repeat(7).take(1 << 20), &mut encoder).unwrap();
    std::fs::write(&path, encoder.finish().unwrap()).unwrap();
    assert!(hash_content(&path, 1 << 20).is_err());
}

#[test]
fn a_copy_cut_short_is_an_error_wherever_it_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let copy = store(&(0..9000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>(), &folder.path().join("0"));
    let whole = std::fs::read(&copy.path).unwrap();
    let cut = folder.path().join("1.zst");
    for length in (1..whole.len()).step_by(whole.len() / 50) {
        std::fs::write(&cut, &whole[..length]).unwrap();
        assert!(hash_content(&cut, copy.content.size).is_err(), "{length}");
    }
}

#[test]
fn a_changed_byte_is_told_by_the_stored_hash_and_accepted_only_when_the_content_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = b"one two three ".repeat(20_000);
    let copy = store(&bytes, &folder.path().join("0"));
    let whole = std::fs::read(&copy.path).unwrap();
    let path = folder.path().join("1.zst");
    for place in 0..whole.len() {
        for change in [1, 8, 0x80, 0xff] {
            let mut stored = whole.clone();
            stored[place] ^= change;
            std::fs::write(&path, &stored).unwrap();
            // An unused bit, a larger window or another distance to the same words leave the content as it was;
            // the hash of the stored file still tells.
            match hash_content(&path, copy.content.size) {
                Ok(found) if found == copy.content => {
                    assert_eq!(back(&path), bytes);
                    assert_ne!(hash_file(&path).unwrap().sha256, copy.sha256);
                }
                _ => {}
            }
        }
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let start = prop::sample::select(vec![
        b"".to_vec(),
        vec![0x1f, 0x8b],
        b"PK\x03\x04".to_vec(),
        vec![0x28, 0xb5, 0x2f, 0xfd],
    ]);
    (start, prop::collection::vec(any::<u8>(), 0..600), 1..1500_usize)
        .prop_map(|(start, bytes, times)| [start, bytes.repeat(times)].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_copy_comes_back_and_depends_only_on_its_bytes(bytes in bytes(), step in 1..400_000_usize) {
        let folder = tempfile::tempdir().unwrap();
        let first = store(&bytes, &folder.path().join("0"));
        let step = step.max(bytes.len() / 2000 + 1);
        let second = embed_from(&mut Pieces(&bytes, step), Path::new("input"), &folder.path().join("1")).unwrap();
        prop_assert_eq!(&first.sha256, &second.sha256);
        prop_assert_eq!(back(&second.path), &bytes[..]);
        let mut hasher = Hasher::new();
        hasher.update(&bytes);
        prop_assert_eq!(second.content, hasher.finish());
    }

    #[test]
    fn no_stored_bytes_make_it_panic(bytes: Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.zst");
        std::fs::write(&path, [&[0x28, 0xb5, 0x2f, 0xfd], bytes.as_slice()].concat()).unwrap();
        let _ = hash_content(&path, 1 << 20);
    }
}
