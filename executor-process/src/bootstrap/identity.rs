//! Whether two processes run the same program.
//!
//! On Linux a worker is made from the very file that the pool runs, even if another has taken its
//! name since. Elsewhere only the name is known. So each worker says what it is, and one that is not
//! the same is refused, before any address is used.

use super::image::Image;
use serde::{Deserialize, Serialize};

/// What must be the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Of the messages and the memory layout.
    protocol: u32,
    version: String,
    pointer_width: u32,
    image_len: u64,
    /// Where some functions of this crate are in the image.
    anchors: Vec<Option<u64>>,
    /// A hash of the code there.
    code: u64,
}

/// Changes whenever what the processes say to each other does.
const PROTOCOL: u32 = 2;

/// How much of each function's code is compared.
const SAMPLE: usize = 64;

impl Identity {
    /// That of this process.
    pub(crate) fn own() -> Self {
        let image = Image::main();
        let functions = [
            crate::init as *const (),
            Self::own as *const (),
            Image::main as *const (),
            crate::worker::serve as *const (),
        ];
        let mut code = 0xcbf2_9ce4_8422_2325_u64; // FNV-1a
        for function in functions {
            // SAFETY: the code of the program is readable, and longer than a sample behind each of
            // these functions, which are followed by others and by data.
            let sample = unsafe { std::slice::from_raw_parts(function.cast::<u8>(), SAMPLE) };
            for &byte in sample {
                code = (code ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Self {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pointer_width: usize::BITS,
            image_len: image.len() as u64,
            anchors: functions.iter().map(|&function| image.offset(function)).collect(),
            code,
        }
    }

    /// That of another build of the program.
    #[cfg(all(test, target_os = "linux", feature = "constructor", not(loom)))]
    pub(crate) fn of_another() -> Self {
        let own = Self::own();
        Self { code: !own.code, ..own }
    }

    /// What differs, in words.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        if self == other {
            return None;
        }
        Some(if self.version != other.version {
            format!("it has version {} of this library, not {}", other.version, self.version)
        } else {
            "it is another program, or another build of this one".to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_same_each_time() {
        let own = Identity::own();
        assert_eq!(own.difference(&Identity::own()), None);
        assert!(own.anchors.iter().all(Option::is_some));
    }

    #[test]
    fn another_version_is_named() {
        let own = Identity::own();
        let other = Identity { version: "47.11".to_owned(), ..own.clone() };
        let difference = own.difference(&other).unwrap();
        assert!(difference.contains("47.11") && difference.contains(&own.version));
    }

    #[test]
    fn every_difference_counts() {
        let own = Identity::own();
        let others = [
            Identity { protocol: own.protocol + 1, ..own.clone() },
            Identity { pointer_width: 16, ..own.clone() },
            Identity { image_len: own.image_len + 1, ..own.clone() },
            Identity { anchors: Vec::new(), ..own.clone() },
            Identity { code: !own.code, ..own.clone() },
        ];
        for other in others {
            assert!(own.difference(&other).unwrap().contains("another"), "{other:?}");
        }
    }
}
