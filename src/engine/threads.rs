//! Work in many like pieces, on several threads.

use std::convert::Infallible;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many threads this machine runs at once.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Does `work` for the numbers below `count`, on so many threads; the answers are in the order of the numbers.
pub fn in_order<R: Send>(threads: usize, count: usize, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let gathered = spread(threads, count, Vec::new, |piece, all| {
        all.push((piece, work(piece)));
        Ok::<_, Infallible>(())
    });
    let mut all: Vec<(usize, R)> = gathered.unwrap_or_else(|never| match never {}).into_iter().flatten().collect();
    all.sort_unstable_by_key(|(piece, _)| *piece);
    all.into_iter().map(|(_, answer)| answer).collect()
}

/// Hands out the numbers below `count`, on a thread for each core. Every thread gathers what it finds in a value of its own; which piece is in which of
/// them is left to chance.
///
/// # Errors
/// The first of `work` on any thread.
pub fn each<T: Send, E: Send>(
    count: usize,
    new: impl Fn() -> T + Sync,
    work: impl Fn(usize, &mut T) -> Result<(), E> + Sync,
) -> Result<Vec<T>, E> {
    spread(cores(), count, new, work)
}

fn spread<T: Send, E: Send>(
    threads: usize,
    count: usize,
    new: impl Fn() -> T + Sync,
    work: impl Fn(usize, &mut T) -> Result<(), E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let gather = || {
        let mut all = new();
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= count {
                return Ok(all);
            }
            work(piece, &mut all)?;
        }
    };
    let threads = threads.min(count);
    if threads < 2 {
        return Ok(vec![gather()?]);
    }
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(gather)).collect();
        let own = gather();
        let others = others.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(own).chain(others.collect::<Vec<_>>()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_work() {
        for threads in [0, 1, 3, 2_000] {
            assert_eq!(in_order(threads, 1_000, |piece| piece * 2), (0..2_000).step_by(2).collect::<Vec<_>>());
        }
        assert!(in_order(2, 0, |piece| piece).is_empty());
    }

    #[test]
    fn every_piece_is_handed_out_once_and_an_error_ends_the_work() {
        let gathered = each(1_000, Vec::new, |piece, all| {
            all.push(piece);
            Ok::<_, usize>(())
        });
        let mut all: Vec<usize> = gathered.unwrap().concat();
        all.sort_unstable();
        assert_eq!(all, (0..1_000).collect::<Vec<_>>());
        let failed = each(9, || (), |piece, ()| if piece == 5 { Err(piece) } else { Ok(()) });
        assert_eq!(failed, Err(5));
        assert_eq!(each(0, || (), |piece, ()| Err(piece)), Ok(vec![()]));
    }
}
