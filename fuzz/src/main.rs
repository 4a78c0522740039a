//! The fuzzer: gives inputs of libFuzzer to one target of `formats::fuzz`, named in `TARGET`.
//!
//! Includes the layers it needs by path, so that it builds without DataFusion. With `SEEDS` set it fuzzes nothing and
//! writes what the target makes of the files given there (one path a line) into the folder `INTO`.

#![no_main]
#![forbid(unsafe_code)]
#![allow(dead_code, unused_imports, reason = "of the layers only what targets reach is called")]

#[path = "../../src/error.rs"]
mod error;
#[path = "../../src/formats/mod.rs"]
mod formats;
#[path = "../../src/model/mod.rs"]
mod model;

use std::env::var;
use std::path::Path;
use std::process::exit;
use std::sync::OnceLock;

use formats::fuzz::{TARGETS, Target};

static TARGET: OnceLock<&Target> = OnceLock::new();

fn choose() {
    let name = var("TARGET").unwrap_or_default();
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
        TARGETS.iter().for_each(|target| println!("{:10} {}", target.name, target.doc));
        exit(2);
    };
    if let (Ok(files), Ok(into)) = (var("SEEDS"), var("INTO")) {
        write_seeds(target, &files, Path::new(&into));
        exit(0);
    }
    TARGET.get_or_init(|| target);
}

/// Writes the inputs a target makes of files.
fn write_seeds(target: &Target, files: &str, into: &Path) {
    let specimens = files.lines().filter_map(|path| std::fs::read(path).ok());
    let seeds = specimens.flat_map(|specimen| (target.seeds)(&specimen));
    for (number, seed) in seeds.enumerate() {
        if let Err(error) = std::fs::write(into.join(format!("seed-{number}")), seed) {
            eprintln!("cannot write to {}: {error}", into.display());
            exit(1);
        }
    }
}

libfuzzer_sys::fuzz_target!(init: choose(), |bytes: &[u8]| {
    if let Some(target) = TARGET.get() {
        (target.run)(bytes);
    }
});
