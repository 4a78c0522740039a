//! Puts the rule pack, the hunts and the sample incident's names into the binary, so that it needs no files beside it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let mut code = String::new();
    let parts = [
        ("DETECTIONS", "queries/detections", "yml"),
        ("EXCEPTIONS", "queries/exceptions", "yml"),
        ("HUNTS", "queries/hunts", "sql"),
        ("VIEWS", "queries/views", "sql"),
    ];
    for (name, folder, ending) in parts {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
        let mut files = Vec::new();
        gather(&root.join(folder), ending, &mut files)?;
        files.sort();
        let _ =
            writeln!(code, "/// Path within the project and text, by path.\npub static {name}: &[(&str, &str)] = &[");
        for file in files {
            let short = file.strip_prefix(&root).map_err(io::Error::other)?;
            let _ = writeln!(code, "    ({:?}, include_str!({:?})),", short.to_string_lossy(), file.to_string_lossy());
        }
        code.push_str("];\n");
    }
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    fs::write(out.join("pack.rs"), code)
}

fn gather(folder: &Path, ending: &str, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, ending, files)?;
        } else if path.extension().is_some_and(|e| e == ending) {
            files.push(path);
        }
    }
    Ok(())
}
