//! Tars of every maker.

use super::*;

fn add(builder: &mut ::tar::Builder<Vec<u8>>, path: &str, bytes: &[u8]) {
    let mut header = ::tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, path, bytes).unwrap();
}

#[test]
fn members_come_in_order_with_their_bytes() {
    let mut builder = ::tar::Builder::new(Vec::new());
    let long = "resources/pods/namespaces/".to_owned() + &"shop-".repeat(60) + ".json";
    add(&mut builder, "metadata/version", b"1.1.0\n");
    add(&mut builder, "empty", b"");
    add(&mut builder, &long, &[b'x'; 513]);
    add(&mut builder, "metadata/version", b"again");
    let all = untar(&builder.into_inner().unwrap());
    let expected = [
        file("metadata/version", b"1.1.0\n"),
        file("empty", b""),
        file(&long, &[b'x'; 513]),
        file("metadata/version", b"again"),
    ];
    assert_eq!(all.members, expected);
    assert_eq!(all.sizes, [6, 0, 513, 5]);
    let twice = "path was used by an earlier member";
    assert_eq!(all.notes, [None, None, None, Some(twice.to_owned())]);
    assert_eq!(all.walk.notes, [format!("1 member: {twice} (first: \"metadata/version\")")]);
}

/// Every format that GNU tar writes, with long names and what is no file.
#[test]
fn what_tar_writes_is_read() {
    let folder = folder();
    let long = "d/".repeat(80) + "name-of-a-file-that-is-long";
    write(folder.path(), "in/a.json", b"{}\n");
    write(folder.path(), "in/big", &vec![7; 100_000]);
    write(folder.path(), &format!("in/{long}"), b"deep");
    std::os::unix::fs::symlink("../../etc/passwd", folder.path().join("in/link")).unwrap();
    std::fs::hard_link(folder.path().join("in/a.json"), folder.path().join("in/same")).unwrap();
    let pipe = run(folder.path(), "mkfifo", &["in/pipe"]);
    for format in ["gnu", "oldgnu", "pax", "ustar"] {
        let order = ["in/a.json", "in/big", "in/link", "in/same"];
        let mut arguments = vec!["-cf", "out.tar", "--format", format, "--no-recursion", "in"];
        arguments.extend(order);
        let deep = format!("in/{long}");
        arguments.push(&deep);
        if pipe {
            arguments.push("in/pipe");
        }
        if !run(folder.path(), "tar", &arguments) {
            return;
        }
        let all = untar(&std::fs::read(folder.path().join("out.tar")).unwrap());
        let mut expected = vec![
            ("in/".to_owned(), Seen::Folder),
            file("in/a.json", b"{}\n"),
            file("in/big", &[7; 100_000]),
            ("in/link".to_owned(), Seen::Link("../../etc/passwd".to_owned())),
            ("in/same".to_owned(), Seen::Link("in/a.json".to_owned())),
            file(&deep, b"deep"),
        ];
        if pipe {
            expected.push(("in/pipe".to_owned(), Seen::Special("named pipe")));
        }
        assert_eq!(all.members, expected, "{format}");
        assert_eq!(all.walk.notes, [""; 0], "{format}");
    }
}

#[test]
fn the_first_format_of_tar_is_read() {
    let folder = folder();
    write(folder.path(), "in/a.json", b"{}\n");
    if !run(folder.path(), "tar", &["-cf", "out.tar", "--format", "v7", "in"]) {
        return;
    }
    let bytes = std::fs::read(folder.path().join("out.tar")).unwrap();
    assert_eq!(kind(&bytes), Some(Kind::Tar));
    let all = untar(&bytes);
    assert_eq!(all.members, [("in/".to_owned(), Seen::Folder), file("in/a.json", b"{}\n")]);
}

#[test]
fn files_with_holes_are_read_with_their_zeros() {
    use std::io::{Seek, SeekFrom};
    let folder = folder();
    let mut content = vec![0; 3_000_000];
    let holes = std::fs::File::create(folder.path().join("holes")).unwrap();
    let mut holes = &holes;
    // More pieces than fit into a header.
    for at in (100_000..2_900_000).step_by(200_000) {
        content[at..at + 5].copy_from_slice(b"data!");
        holes.seek(SeekFrom::Start(at as u64)).unwrap();
        holes.write_all(b"data!").unwrap();
    }
    holes.set_len(3_000_000).unwrap();
    let nothing = std::fs::File::create(folder.path().join("nothing")).unwrap();
    nothing.set_len(70_000).unwrap();
    for format in [
        &["--format=gnu"][..],
        &["--format=pax", "--sparse-version=0.0"],
        &["--format=pax", "--sparse-version=0.1"],
        &["--format=pax", "--sparse-version=1.0"],
    ] {
        write(folder.path(), "after", b"after");
        let arguments = [&["-S", "-cf", "out.tar"], format, &["holes", "nothing", "after"]].concat();
        if !run(folder.path(), "tar", &arguments) {
            return;
        }
        let bytes = std::fs::read(folder.path().join("out.tar")).unwrap();
        assert!(bytes.len() < 300_000, "the file system has no holes: nothing is tested");
        let all = untar(&bytes);
        assert!(
            all.members == [file("holes", &content), file("nothing", &[0; 70_000]), file("after", b"after")],
            "{format:?} {:?} {:?}",
            all.paths(),
            all.walk
        );
        assert_eq!(all.sizes, [3_000_000, 70_000, 5]);
        assert_eq!(all.walk.notes, [""; 0]);
    }
}

#[test]
fn what_python_writes_is_read() {
    let folder = folder();
    let script = r#"
import io, tarfile
for name, kind in (("pax", tarfile.PAX_FORMAT), ("gnu", tarfile.GNU_FORMAT)):
    with tarfile.open(name + ".tar", "w", format=kind) as tar:
        def add(path, data=b"", **more):
            info = tarfile.TarInfo(path)
            info.size = len(data)
            for key, value in more.items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(data))
        add("line\nend", b"1")
        add("Zo\u00eb/" + "x" * 120, b"22")
        add("link", type=tarfile.SYMTYPE, linkname="t" * 150)
        add("disk", type=tarfile.BLKTYPE, devmajor=8)
        add("tty", type=tarfile.CHRTYPE, devmajor=4)
        add("dir", type=tarfile.DIRTYPE)
"#;
    if !run(folder.path(), "python3", &["-c", script]) {
        return;
    }
    for name in ["pax.tar", "gnu.tar"] {
        let all = untar(&std::fs::read(folder.path().join(name)).unwrap());
        let expected = [
            file("line\nend", b"1"),
            file(&("Zoë/".to_owned() + &"x".repeat(120)), b"22"),
            ("link".to_owned(), Seen::Link("t".repeat(150))),
            ("disk".to_owned(), Seen::Special("block device")),
            ("tty".to_owned(), Seen::Special("character device")),
            // Python leaves out the slash in one format and has it in the other.
            (if all.members[5].0 == "dir" { "dir" } else { "dir/" }.to_owned(), Seen::Folder),
        ];
        assert_eq!(all.members, expected, "{name}");
        assert_eq!(all.notes[0].as_deref(), Some("path holds control characters"));
        assert_eq!(all.walk.notes, ["1 member: path holds control characters (first: \"line\\nend\")"]);
    }
}

/// As bundles arrive: the archive is read from what undoes its compression, which says by itself where it was cut.
#[test]
fn a_packed_tar_that_is_cut_gives_members_and_two_notes() {
    use crate::formats::source::Source;
    let mut builder = ::tar::Builder::new(Vec::new());
    let text = (0..20_000).map(|i| format!("{i} ")).collect::<String>();
    add(&mut builder, "namespaces/shop/core/pods.yaml", b"kind: PodList\n");
    add(&mut builder, "audit_logs/kube-apiserver/audit.log", text.as_bytes());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&builder.into_inner().unwrap()).unwrap();
    let mut packed = gzip.finish().unwrap();
    packed.truncate(packed.len() / 2);
    let mut source = Source::open(Box::new(Cursor::new(packed))).unwrap();
    let mut all = All::default();
    let limits = Limits::default();
    let walk = walk_tar(&mut source, &std::env::temp_dir(), &limits, &mut |member| all.take(member)).unwrap();
    assert_eq!(all.members[0], file("namespaces/shop/core/pods.yaml", b"kind: PodList\n"));
    let Seen::File(log) = &all.members[1].1 else { panic!() };
    assert!(!log.is_empty() && text.as_bytes().starts_with(log));
    assert_eq!(all.notes[1], Some(format!("ends early: {} of {} bytes", log.len(), text.len())));
    assert_eq!(walk.notes, ["ends inside member 1, \"audit_logs/kube-apiserver/audit.log\": it is cut"]);
    assert_eq!(source.note, Some(format!("gzip ends early: {} bytes of content were read", source.size)));
}
