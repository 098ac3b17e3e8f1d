//! [`Tokens`]: the server's ends of all tokens, of which it is told when something comes, or the end.
//!
//! There may be thousands of them, and each object that is made or dropped changes the set. So Linux is
//! asked to keep it (epoll), and tells only which are ready, and so is Windows (a completion port). Elsewhere all
//! of them are looked at each time (poll).

#[cfg(any(target_os = "linux", target_os = "android"))]
mod epoll;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) use epoll::Tokens;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(super) use windows::Tokens;

#[cfg(all(unix, any(not(any(target_os = "linux", target_os = "android")), test)))]
mod poll;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(super) use poll::Tokens;

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::shared::courier::Courier;
    use std::collections::BTreeSet;
    use std::thread;

    macro_rules! tests {
        ($way:ident) => {
            mod $way {
                use super::super::$way::Tokens;
                use super::*;

                #[test]
                fn tells_which_are_ready() {
                    let tokens = Tokens::new().unwrap();
                    let pairs: Vec<_> = (0..100).map(|_| Courier::pair().unwrap()).collect();
                    for (number, (ours, _)) in (0..).zip(&pairs) {
                        tokens.add(number, ours).unwrap();
                    }
                    pairs[7].1.send(b".", &[]).unwrap();
                    pairs[93].1.send(b".", &[]).unwrap();
                    assert_eq!(until(|| tokens.wait(), 2), BTreeSet::from([7, 93]));
                    for number in [7, 93] {
                        pairs[number].0.receive(&mut [0]).unwrap();
                    }
                    let (ours, theirs): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
                    drop(theirs);
                    assert_eq!(until(|| tokens.wait(), 100), (0..100).collect());
                    for (number, ours) in (0..99).zip(&ours) {
                        tokens.remove(number, ours);
                    }
                    assert_eq!(until(|| tokens.wait(), 1), BTreeSet::from([99]));
                }

                /// One is added while somebody waits for the others.
                #[test]
                fn learns_of_new_ones() {
                    let tokens = Tokens::new().unwrap();
                    let (ours, theirs) = Courier::pair().unwrap();
                    thread::scope(|scope| {
                        let waiting = scope.spawn(|| until(|| tokens.wait(), 1));
                        tokens.add(5, &ours).unwrap();
                        drop(theirs);
                        assert_eq!(waiting.join().unwrap(), BTreeSet::from([5]));
                    });
                }
            }
        };
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[cfg(any(target_os = "linux", target_os = "android"))]
    tests!(epoll);
    #[cfg(unix)]
    tests!(poll);
    #[cfg(windows)]
    tests!(windows);

    /// Waits until so many are ready, and says which.
    fn until(mut wait: impl FnMut() -> Vec<u64>, count: usize) -> BTreeSet<u64> {
        let mut ready = BTreeSet::new();
        while ready.len() < count {
            ready.extend(wait());
        }
        ready
    }
}
