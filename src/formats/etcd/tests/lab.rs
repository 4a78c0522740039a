//! The lab's snapshots, where they are.

use std::io::{Cursor, Read};
use std::path::Path;

use super::super::{Stored, Summary, read};

pub const SNAPSHOTS: [&str; 4] = ["quiet-before", "quiet-end", "intrusion-after-attack", "intrusion-end"];

/// Returns an unzipped file of the shared captures, None where they are not.
pub fn shared(path: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    let bytes = std::fs::read(&path).ok()?;
    if path.extension().is_none_or(|ending| ending != "gz") {
        return Some(bytes);
    }
    let mut content = Vec::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut content).unwrap();
    Some(content)
}

pub fn snapshot(name: &str) -> Option<Vec<u8>> {
    shared(&format!("lab/snapshots/{name}/snapshot.db.gz"))
}

pub fn each(bytes: &[u8], mut each: impl FnMut(Stored<'_>)) -> Summary {
    read(&mut Cursor::new(bytes), &mut each).unwrap()
}
