//! Tar and zip, walked whatever the bytes are.

use std::io::{self, Cursor, Read};

use super::Target;
use crate::formats::archive::{Limits, Member, Spool, Walk, What, kind, member_tar, member_zip, walk_tar, walk_zip};

pub const TARGET: Target = Target {
    name: "archive",
    doc: "as tar, as tar with its checksums put right, as zip: limits hold, and a member alone has the same bytes",
    run,
    seeds: |specimen| {
        let content = super::unpacked(specimen);
        content.into_iter().filter(|content| kind(content).is_some()).collect()
    },
};

const LIMITS: Limits = Limits { members: 50, total: 200_000, ratio: 1000 };

fn run(bytes: &[u8]) {
    kind(bytes);
    let folder = std::env::temp_dir();
    let tar = |bytes: &[u8]| {
        walked(&|each| walk_tar(bytes, &folder, &LIMITS, each), &|number| member_tar(bytes, &folder, &LIMITS, number));
    };
    tar(bytes);
    let mut sound = bytes.to_vec();
    if resum(&mut sound) {
        tar(&sound);
    }
    walked(&|each| walk_zip(Cursor::new(bytes), &folder, &LIMITS, each), &|number| {
        member_zip(Cursor::new(bytes), &folder, &LIMITS, number)
    });
}

type Each<'a> = &'a mut dyn FnMut(Member) -> io::Result<()>;

fn walked(walk: &dyn Fn(Each<'_>) -> io::Result<Walk>, alone: &dyn Fn(u64) -> io::Result<Option<Spool>>) {
    let mut files: Vec<Result<Vec<u8>, What>> = Vec::new();
    let known = walk(&mut |member| {
        files.push(match member.what {
            What::File(mut spool) => {
                let mut bytes = Vec::new();
                spool.read_to_end(&mut bytes)?;
                assert_eq!(bytes.len() as u64, spool.len());
                Ok(bytes)
            }
            other => Err(other),
        });
        Ok(())
    });
    let known = known.expect("reading from memory cannot fail");
    assert_eq!(known.members, files.len() as u64);
    assert!(known.members <= LIMITS.members);
    assert!(files.iter().flatten().map(Vec::len).sum::<usize>() as u64 <= LIMITS.total);
    assert!(known.notes.iter().all(|note| !note.contains('\n')), "{:?}", known.notes);
    for (number, member) in files.iter().enumerate().take(8) {
        let found = alone(number as u64).expect("reading from memory cannot fail");
        match (found, member) {
            (Some(mut spool), Ok(expected)) => {
                let mut bytes = Vec::new();
                spool.read_to_end(&mut bytes).expect("a member is held");
                assert!(bytes == *expected, "member {number} differs when it is alone");
            }
            // What is over a limit for all is not when it is alone.
            (_, Err(What::Refused(reason))) if reason.starts_with("over the limit") => {}
            (None, Err(_)) => {}
            (found, _) => panic!("member {number} is {member:?} and alone {found:?}"),
        }
    }
    assert!(alone(files.len() as u64).expect("reading from memory cannot fail").is_none());
}

/// Makes the checksums of headers right, since no change of a header would come further; false when they were.
fn resum(bytes: &mut [u8]) -> bool {
    let mut changed = false;
    for block in bytes.as_chunks_mut::<512>().0 {
        if &block[257..262] == b"ustar" {
            let sum = block[..148].iter().chain(&block[156..]).map(|byte| u32::from(*byte)).sum::<u32>() + 8 * 32;
            let sum = format!("{sum:06o}\0 ");
            changed |= block[148..156] != *sum.as_bytes();
            block[148..156].copy_from_slice(sum.as_bytes());
        }
    }
    changed
}
