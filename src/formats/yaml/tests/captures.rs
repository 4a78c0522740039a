//! Manifests of others, where the shared captures are there.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::{Fit, Found, looks_like};
use super::found;

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, all);
        } else if path.file_name().is_some_and(|name| name != "LICENSE" && name != "README.md") {
            all.push(path);
        }
    }
}

#[test]
fn every_manifest_is_read_in_full() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !folder.exists() {
        return;
    }
    let mut all = Vec::new();
    files(&Path::new(&folder).join("public/popeye-manifests"), &mut all);
    for path in all {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        // Kinds at the left edge, and of the items of a list one dash further.
        let kinds = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        let lists = text.lines().filter(|line| line.starts_with("kind: ") && line.ends_with("List")).count();
        let expected =
            kinds("kind: ") - lists + if lists > 0 { kinds("- apiVersion: ") + kinds("  - apiVersion: ") } else { 0 };
        if expected == 0 {
            continue;
        }
        let whole = found(&text).iter().filter(|found| matches!(found, Found::Document(_))).count();
        assert_eq!((whole, found(&text).len()), (expected, expected), "{}", path.display());
        assert_eq!(looks_like(text.as_bytes()), Fit::Sure, "{}", path.display());
    }
}
