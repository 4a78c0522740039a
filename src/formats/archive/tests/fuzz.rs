//! Nothing in an archive may panic, go over a limit or be given out of order.

use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { members: 50, total: 100_000, ratio: 1000 };

fn within(all: &All) {
    let files =
        all.members.iter().filter_map(|(_, what)| if let Seen::File(bytes) = what { Some(bytes.len()) } else { None });
    assert!(files.sum::<usize>() <= 100_000 && all.members.len() <= 50);
    assert!(all.walk.notes.iter().all(|note| !note.contains('\n')));
}

fn tar() -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (path, bytes) in [("a", &b"1"[..]), (&"long/".repeat(40), &[7; 600]), ("c", b"")] {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_pax_extensions([("comment", &b"x"[..]), ("GNU.sparse.major", b"1")]).unwrap();
        builder.append_data(&mut header, path, bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Makes checksums right again, so that changes of headers come further.
fn resum(bytes: &mut [u8]) {
    for block in bytes.as_chunks_mut::<512>().0 {
        if &block[257..262] == b"ustar" {
            let sum = block[..148].iter().chain(&block[156..]).map(|byte| u32::from(*byte)).sum::<u32>() + 8 * 32;
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        kind(&bytes);
        within(&tar_within(&bytes, &LIMITS));
        within(&zip_within(&bytes, &LIMITS));
    }

    #[test]
    fn any_change_of_a_tar(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<prop::sample::Index>(), sums in any::<bool>()) {
        let mut bytes = tar();
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        if sums {
            resum(&mut bytes);
        }
        within(&tar_within(&bytes, &LIMITS));
        bytes.truncate(cut.index(bytes.len()));
        within(&tar_within(&bytes, &LIMITS));
    }

    #[test]
    fn any_header_of_a_tar(kind in prop::sample::select(b"01234567LKxgSDVMA\0".to_vec()), size in any::<[u8; 12]>(), octal in 0..2000_u64, plain in any::<bool>(), data in prop::collection::vec(any::<u8>(), 0..1600), field in 0..500_usize, more in any::<[u8; 12]>()) {
        let mut header = ::tar::Header::new_gnu();
        header.set_path("x").unwrap();
        header.as_mut_bytes()[field..field + 12].copy_from_slice(&more);
        header.as_mut_bytes()[156] = kind;
        if plain { header.set_size(octal) } else { header.as_mut_bytes()[124..136].copy_from_slice(&size) }
        header.set_cksum();
        let mut bytes = [header.as_bytes().as_slice(), &data].concat();
        bytes.extend(super::tar_odd::member("after", b'0', b"!"));
        within(&tar_within(&bytes, &LIMITS));
    }

    #[test]
    fn any_map_of_holes(numbers in prop::collection::vec(prop_oneof![0..2000_u64, any::<u64>()], 0..9), version in 0..3, real in prop_oneof![0..5000_u64, any::<u64>()], data in 0..1500_usize) {
        let joined = numbers.iter().map(u64::to_string).collect::<Vec<_>>();
        let real = real.to_string();
        let mut builder = ::tar::Builder::new(Vec::new());
        let mut content = vec![9; data];
        let map = joined.join(",");
        let mut records = vec![("GNU.sparse.size", real.as_bytes())];
        match version {
            0 => records.push(("GNU.sparse.map", map.as_bytes())),
            1 => records.extend(joined.chunks(2).flat_map(|pair| ["GNU.sparse.offset", "GNU.sparse.numbytes"].into_iter().zip(pair.iter().map(|n| n.as_bytes())))),
            _ => {
                records.extend([("GNU.sparse.major", &b"1"[..]), ("GNU.sparse.minor", b"0")]);
                let text = format!("{}\n{}\n", numbers.len() / 2, joined.join("\n"));
                content = [text.as_bytes(), &vec![0; 512 - text.len() % 512], &content].concat();
            }
        }
        builder.append_pax_extensions(records).unwrap();
        let mut header = ::tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, "s", content.as_slice()).unwrap();
        within(&tar_within(&builder.into_inner().unwrap(), &LIMITS));
    }

    #[test]
    fn any_change_of_a_zip(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>()) {
        let mut bytes = super::zip::zipped(&[("a", b"1"), ("b/c", &[7; 3000]), ("d/", b""), ("e", &b"text ".repeat(50))]);
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        within(&zip_within(&bytes, &LIMITS));
        bytes.truncate(cut.index(bytes.len()));
        within(&zip_within(&bytes, &LIMITS));
    }

    /// The fields of the end and of a directory, which random changes seldom meet.
    #[test]
    fn any_directory(fields in any::<[u16; 9]>(), record in any::<[u8; 42]>(), wide in any::<[u8; 52]>(), locator in any::<[u8; 16]>(), sane in any::<bool>()) {
        let mut bytes = super::zip::zipped(&[("a", b"1"), ("b", b"2")]);
        bytes.truncate(bytes.len() - 22);
        bytes.extend(b"PK\x01\x02");
        bytes.extend(record);
        bytes.extend(b"PK\x06\x06");
        bytes.extend(wide);
        bytes.extend(b"PK\x06\x07");
        bytes.extend(locator);
        bytes.extend(b"PK\x05\x06");
        let size = if sane { [0xffff, 0xffff, 0xffff] } else { [fields[0], fields[1] % 3, fields[2] % 300] };
        for field in [0, 0, size[0], size[0], size[1], size[1], size[2], 0, 0] {
            bytes.extend(field.to_le_bytes());
        }
        within(&zip_within(&bytes, &LIMITS));
    }
}
