//! What a worker publishes.

use super::Input;
use crate::transport::depot::DepotReader;
use crate::transport::memory::MemoryFile;
use crate::transport::outlet::{Frames, Place};
use crate::transport::region::{RESULTS, Region, Word};
use executor_core::wire::{Attached, Incoming, OutcomeKind, decode_outcome};
use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Release;

/// What is used again and again, since making it takes longer than everything else.
struct Worker {
    region: Region,
    results: DepotReader,
    /// The depot's memory.
    _file: MemoryFile,
}

/// How long the depot is.
const DEPOT: u64 = 1 << 18;

impl Worker {
    fn new() -> Self {
        let file = MemoryFile::create(DEPOT).expect("memory");
        let results = DepotReader::new(MemoryFile::open(file.location()).expect("a descriptor"));
        Self { region: Region::create().expect("memory"), results, _file: file }
    }

    /// Writes to the ring, from this position on and round its end.
    fn write(&self, mut position: u64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (start, contiguous) = self.region.result(position);
            let (piece, rest) = bytes.split_at(bytes.len().min(contiguous));
            // SAFETY: within the ring, which nobody else uses.
            unsafe { start.copy_from_nonoverlapping(NonNull::from(piece).cast(), piece.len()) };
            position = position.wrapping_add(piece.len() as u64);
            bytes = rest;
        }
    }
}

/// The ring, from a position on, and how far it is said to be filled.
pub fn frames(data: &[u8]) {
    thread_local! {
        static WORKER: RefCell<Worker> = RefCell::new(Worker::new());
    }
    let mut input = Input::new(data);
    let laps = input.byte();
    let head = u64::from(input.short()) * 16 + (u64::from(laps) << 56);
    let published = input.number();
    let bytes = input.rest();
    if bytes.len() <= RESULTS {
        WORKER.with_borrow_mut(|worker| {
            worker.write(head, bytes);
            read(worker, head, head.wrapping_add(published));
            worker.write(head, &vec![0; bytes.len()]);
        });
    }
}

fn read(worker: &mut Worker, head: u64, tail: u64) {
    let Worker { region, results, .. } = worker;
    region.wide_word(Word::ResultTail).store(tail, Release);
    let base = region.result(0).0.as_ptr().addr();
    let mut frames = Frames::default();
    frames.unread(head);
    let mut all = 0;
    loop {
        let before = frames.position();
        let frame = match frames.next(region) {
            Ok(Some(frame)) => frame,
            Ok(None) => {
                assert!(frames.is_empty(region));
                return;
            }
            Err(_garbled) => {
                assert_eq!(frames.position(), before, "an error leaves the position alone");
                return;
            }
        };
        let step = frame.end.wrapping_sub(before);
        all += step;
        assert!(step > 0 && all <= RESULTS as u64, "no more than the ring has");
        assert!(frame.end == frames.position() && frame.end.is_multiple_of(16));
        let kind = OutcomeKind::from_number(frame.kind).unwrap_or(OutcomeKind::Value);
        let incoming = match frame.place {
            Place::Ring { start, len } => {
                let offset = start.as_ptr().addr() - base;
                assert!(len <= RESULTS && offset + len <= RESULTS, "within the ring");
                // SAFETY: as the frame says, and nobody writes there now.
                unsafe { Incoming::shared(start.as_ptr(), len) }
            }
            Place::Depot { offset, len } => {
                let Ok(mapping) = results.find(offset, len) else { continue };
                assert!(offset + len <= DEPOT && len <= mapping.len() as u64, "within the depot");
                // SAFETY: as the depot says; it keeps the mapping.
                unsafe { Incoming::shared(mapping.as_ptr(), len as usize) }
            }
        };
        if incoming.len() <= 4096 {
            let _any = decode_outcome::<(u8, String)>(kind, incoming, Attached::none());
        }
    }
}
