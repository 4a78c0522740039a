//! A case where nothing may be written, and one whose disk is full: what reads works, what writes says why not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use walkdir::WalkDir;

use crate::support::{project, run, text};

/// A mount that is gone again when dropped.
struct Mount(PathBuf);

impl Mount {
    /// Mounts memory of that size; None where this may not be done.
    fn new(path: &Path, size: &str) -> Option<Mount> {
        fs::create_dir(path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"]).arg(path);
        let done = mount.stdout(Stdio::null()).stderr(Stdio::null()).status();
        done.is_ok_and(|status| status.success()).then(|| Mount(path.to_owned()))
    }

    fn read_only(&self) {
        assert!(Command::new("mount").args(["-o", "remount,ro"]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Every file of a folder, byte for byte.
fn bytes(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = WalkDir::new(folder).sort_by_file_name().into_iter().map(|entry| entry.unwrap());
    let files = files.filter(|entry| entry.file_type().is_file());
    files.map(|entry| (entry.path().to_owned(), fs::read(entry.path()).unwrap())).collect()
}

/// Makes a case of a copy of the specimens of audit logs; both in `folder`.
fn case_in(folder: &Path) {
    let input = folder.join("events.jsonl");
    fs::copy(project("sample-data/formats/json-lines/exec-by-post.jsonl"), &input).unwrap();
    fs::copy(project("sample-data/formats/json-lines/crlf.jsonl"), folder.join("more.jsonl")).unwrap();
    let output = run(folder, &["ingest", "--quiet", "--case", "case", "events.jsonl"]);
    assert!(output.status.success(), "{:?}", text(&output));
}

/// Asks everything that reads and everything that writes; `ask` runs the program in `folder`.
fn all_commands(folder: &Path, ask: &dyn Fn(&[&str]) -> Output) {
    let before = bytes(&folder.join("case"));
    let reads: [&[&str]; 12] = [
        &["query", "--case", "case", "SELECT verb FROM audit"],
        &["replay", "--case", "case"],
        &["reconcile", "--case", "case"],
        &["evidence", "--case", "case"],
        &["evidence", "gaps", "--case", "case"],
        &["evidence", "raw", "0", "0", "--case", "case"],
        &["explain", "events.jsonl:1"],
        &["verify", "--case", "case"],
        &["tables", "--case", "case"],
        &["hunt", "actors", "--case", "case"],
        &["stats", "histogram", "--case", "case"],
        &["case", "info", "--case", "case"],
    ];
    for command in reads {
        let output = ask(command);
        let (out, error) = text(&output);
        assert_eq!(output.status.code(), Some(0), "{command:?}: {error}");
        assert!(!out.is_empty(), "{command:?}");
        match command[0] {
            "replay" => {
                assert!(
                    error.contains("case cannot be written to: the findings are printed and not kept in it"),
                    "{error}"
                );
                assert!(out.contains("[exec-into-pod]") || out.contains("Findings"), "{out}");
            }
            _ => assert!(error.is_empty(), "{command:?}: {error}"),
        }
    }
    let writes: [&[&str]; 3] = [
        &["ingest", "--quiet", "--case", "case", "more.jsonl"],
        &["query", "--show-secrets", "--case", "case", "SELECT 1"],
        &["case", "seal", "--case", "case", "--key", "key.pem"],
    ];
    for command in writes {
        let output = ask(command);
        let (out, error) = text(&output);
        assert_eq!((output.status.code(), out.as_str()), (Some(3), ""), "{command:?}: {error}");
        assert!(error.starts_with("coldcase: case cannot be written to: "), "{command:?}: {error}");
        assert!(error.contains("copy its folder to where it may be written"), "{command:?}: {error}");
        assert!(error.lines().count() <= 3, "{error}");
    }
    assert!(before == bytes(&folder.join("case")), "nothing was changed");
}

#[test]
fn a_case_on_a_read_only_mount_is_read_and_says_why_it_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    // Only root may mount; the next test needs no such right.
    let Some(mount) = Mount::new(&folder.path().join("disk"), "64m") else { return };
    case_in(&mount.0);
    key(&mount.0);
    mount.read_only();
    all_commands(&mount.0, &|command| run(&mount.0, command));
}

#[test]
fn a_case_of_somebody_else_is_read_and_says_why_it_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    case_in(folder.path());
    key(folder.path());
    for entry in WalkDir::new(folder.path()) {
        let entry = entry.unwrap();
        let mut rights = entry.metadata().unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(
            &mut rights,
            if entry.file_type().is_dir() { 0o555 } else { 0o444 },
        );
        fs::set_permissions(entry.path(), rights).unwrap();
    }
    // Root may write everywhere, so it becomes somebody else for the program; the copy of it lies where they may read.
    let is_root = fs::write(folder.path().join("case/probe"), "").is_ok();
    let _ = fs::remove_file(folder.path().join("case/probe"));
    let program = folder.path().with_extension("coldcase");
    if is_root {
        if Command::new("setpriv").arg("--version").stdout(Stdio::null()).status().is_err() {
            return;
        }
        let whole = env!("CARGO_BIN_EXE_coldcase");
        fs::hard_link(whole, &program).or_else(|_| fs::copy(whole, &program).map(drop)).unwrap();
    }
    let ask = |command: &[&str]| match is_root {
        false => run(folder.path(), command),
        true => {
            let mut somebody = Command::new("setpriv");
            somebody.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program).args(command);
            somebody.current_dir(folder.path()).output().unwrap()
        }
    };
    all_commands(folder.path(), &ask);
    let _ = fs::remove_file(&program);
    for entry in WalkDir::new(folder.path()).into_iter().filter_map(Result::ok).filter(|e| e.file_type().is_dir()) {
        let mut rights = entry.metadata().unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o755);
        fs::set_permissions(entry.path(), rights).unwrap();
    }
}

#[test]
fn a_full_disk_leaves_the_case_as_it_was_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(&folder.path().join("disk"), "3m") else { return };
    case_in(&mount.0);
    let before = bytes(&mount.0.join("case"));
    fs::write(mount.0.join("ballast"), vec![7; 2_600_000]).unwrap();
    let samples = project("sample-data/incidents").to_string_lossy().into_owned();
    let output = run(&mount.0, &["ingest", "--quiet", "--case", "case", &samples]);
    let (_, error) = text(&output);
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("No space left on device"), "{error}");
    assert!(before == bytes(&mount.0.join("case")), "the case is as it was: {error}");
    // With room again, the same command does the whole job.
    fs::remove_file(mount.0.join("ballast")).unwrap();
    let bigger = Command::new("mount").args(["-o", "remount,size=64m"]).arg(&mount.0).status().unwrap();
    assert!(bigger.success());
    assert!(run(&mount.0, &["ingest", "--quiet", "--case", "case", &samples]).status.success());
    let (out, error) = text(&run(&mount.0, &["verify", "--case", "case"]));
    assert!(out.contains("everything matches"), "{out}{error}");
}

/// A key to seal with.
fn key(folder: &Path) {
    // PKCS#8 (RFC 8410) around 32 bytes of a private key; what it signs is not looked at here.
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIBERERERERERERERERERERERERERERERERERERERERER\n-----END PRIVATE KEY-----\n";
    fs::write(folder.join("key.pem"), pem).unwrap();
}
