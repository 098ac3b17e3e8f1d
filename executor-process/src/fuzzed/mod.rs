//! What fuzzing runs: a function for each decoder of what comes from another process.
//!
//! A function is given bytes that mean nothing, makes of them what another process could have sent or
//! written to shared memory, and lets the code read it that does so in earnest. Whatever the bytes are, that
//! must not panic, hang, touch memory that it has no business with, or allocate much more than there are
//! bytes; libFuzzer and AddressSanitizer look after that. What else holds, the functions assert: above all
//! that what was accepted encodes to something that is accepted again, as the same.
//!
//! | function                  | what is hostile                                          | file           |
//! |---------------------------|----------------------------------------------------------|----------------|
//! | [`values`], [`outcomes`]  | the encoded form of a value, and of what came of a task  | `values.rs`    |
//! | [`frames`]                | the ring and the depot of a worker's results             | `frames.rs`    |
//! | [`window`]                | frames and claim words, as the pool's books go by them   | `engine/reader/fuzzed.rs` |
//! | [`greeting`]              | messages through the ipc-channels, handshake included    | `messages.rs`  |
//! | [`roles`]                 | the environment of a process                             | `messages.rs`  |
//! | [`beside`]                | descriptors beside values, on the line to a worker       | `messages.rs`  |
//! | [`order`]                 | what a `Process` is told, and what it answers            | `child/fuzzed.rs` |
//! | [`queues`], [`pipes`], [`locks`], [`memory`] | handles, and the memory and sockets behind them | `handles.rs` |
//! | [`letters`]               | requests to a manager, and its answers                   | `manager/fuzzed.rs` |
//! | [`names`]                 | the files that are names of shared memory                | `memory/names/fuzzed.rs` |
//!
//! The programs around them are in the directory `fuzz` of the repository, and so is what has been found worth
//! keeping: `fuzz/corpus/<function>.hex` has an input on each line, in hexadecimal digits, and
//! `fuzz/regressions/<function>/` a file for each that has shown a fault. The tests here run all of it through the
//! same functions.

mod frames;
mod handles;
mod messages;
mod values;

pub use crate::child::fuzzed::order;
pub use crate::engine::window;
pub use crate::manager::fuzzed::letters;
pub use crate::memory::names;
pub use frames::frames;
pub use handles::{locks, memory, pipes, queues};
pub use messages::{beside, greeting, roles};
pub use values::{outcomes, values};

/// Bytes that are taken for one thing after the other; zeros when there are no more.
#[derive(Clone, Debug)]
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.fixed::<1>()[0]
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    pub(crate) fn short(&mut self) -> u16 {
        u16::from_le_bytes(self.fixed())
    }

    /// A number of any size, the likely and the troublesome ones more often.
    pub(crate) fn number(&mut self) -> u64 {
        match self.byte() {
            kind @ 0..64 => u64::from(kind),
            64..96 => u64::from(self.byte()),
            96..128 => u64::from(self.short()),
            kind @ 128..192 => {
                (1_u64 << (kind - 128)).wrapping_add_signed(i8::from_le_bytes(self.fixed()).into())
            }
            192..224 => u64::MAX - u64::from(self.short()),
            224.. => u64::from_le_bytes(self.fixed()),
        }
    }

    /// So many bytes, or what is left.
    pub(crate) fn piece(&mut self, len: usize) -> &'a [u8] {
        let (piece, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        piece
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        self.piece(usize::MAX)
    }

    fn fixed<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        let piece = self.piece(N);
        bytes[..piece.len()].copy_from_slice(piece);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    type Target = fn(&[u8]);

    const TARGETS: [(&str, Target); 14] = [
        ("beside", beside),
        ("frames", frames),
        ("greeting", greeting),
        ("letters", letters),
        ("locks", locks),
        ("memory", memory),
        ("names", names),
        ("order", order),
        ("outcomes", outcomes),
        ("pipes", pipes),
        ("queues", queues),
        ("roles", roles),
        ("values", values),
        ("window", window),
    ];

    /// The bytes of an input in a corpus, of which each line is one, in hexadecimal digits.
    fn input_of(line: &str) -> Vec<u8> {
        let digits = line.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
        digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    #[test]
    fn what_fuzzing_has_found_worth_keeping() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        if !repository.exists() {
            return; // a published package has only itself
        }
        for (name, target) in TARGETS {
            let corpus = repository.join("corpus").join(name).with_extension("hex");
            let corpus = std::fs::read_to_string(corpus).unwrap();
            assert!(!corpus.is_empty(), "there is nothing for {name}");
            for (line, number) in corpus.lines().zip(1..) {
                println!("{name}.hex:{number}"); // the last one of a test that fails
                target(&input_of(line));
            }
            let Ok(regressions) = repository.join("regressions").join(name).read_dir() else {
                continue;
            };
            for file in regressions {
                let path = file.unwrap().path();
                println!("{}", path.display());
                target(&std::fs::read(path).unwrap());
            }
        }
    }

    #[test]
    fn noise() {
        let mut noise = crate::transport::noise::Noise::new(1);
        for (_, target) in TARGETS {
            target(&[]);
            for _ in 0..200 {
                let len = noise.below(400) as usize;
                target(&noise.bytes(len));
            }
        }
    }
}
