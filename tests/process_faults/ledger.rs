//! What a task does, and the record that it leaves.

use concurrent_futures::SharedBytes;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// The variable that tells workers where the ledger is.
pub(crate) const VARIABLE: &str = "FAULTS_LEDGER";

/// What a task is to do between the two records.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Deed {
    Nothing,
    /// Work for so many microseconds.
    Spin(u32),
    /// Sleep for so many microseconds.
    Sleep(u32),
    Panic,
    /// End the process with this code before the task has ended, or right after it has.
    Exit {
        code: i32,
        late: bool,
    },
}

/// What travels with a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Cargo {
    Nothing,
    /// A string, whose bytes are serialized as a whole and not one by one.
    Text(String),
    Shared(SharedBytes),
}

/// The argument of every task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) index: u32,
    pub(crate) deed: Deed,
    pub(crate) cargo: Cargo,
}

/// What it returns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) index: u32,
    pub(crate) cargo: Cargo,
}

impl Cargo {
    /// The byte that belongs to a task.
    fn byte(index: u32) -> u8 {
        b'a' + (index % 26) as u8
    }

    pub(crate) fn text(index: u32, len: usize) -> Self {
        Self::Text(char::from(Self::byte(index)).to_string().repeat(len))
    }

    pub(crate) fn shared(index: u32, len: usize) -> Self {
        Self::Shared(SharedBytes::from(vec![Self::byte(index); len]))
    }

    /// Whether every byte is the one that belongs to this task.
    pub(crate) fn is_of(&self, index: u32) -> bool {
        let all = |bytes: &[u8]| {
            let expected = vec![Self::byte(index); bytes.len()]; // compared at full speed in dev builds
            bytes == expected
        };
        match self {
            Self::Nothing => true,
            Self::Text(text) => all(text.as_bytes()),
            Self::Shared(bytes) => all(bytes),
        }
    }
}

/// The function that all tasks run.
pub(crate) fn perform(order: Order) -> Answer {
    let Order { index, deed, cargo } = order;
    note(index, Event::Began);
    assert!(cargo.is_of(index), "the argument of task {index} is another's");
    match deed {
        Deed::Nothing => {}
        Deed::Spin(micros) => {
            let start = Instant::now();
            while start.elapsed() < Duration::from_micros(micros.into()) {
                std::hint::spin_loop();
            }
        }
        Deed::Sleep(micros) => thread::sleep(Duration::from_micros(micros.into())),
        // Without the hook, which would fill the output.
        Deed::Panic => std::panic::resume_unwind(Box::new("expected")),
        Deed::Exit { code, late: false } => process::exit(code),
        Deed::Exit { .. } => {}
    }
    note(index, Event::Ended);
    if let Deed::Exit { code, .. } = deed {
        process::exit(code);
    }
    Answer { index, cargo }
}

/// Ends a starting worker with this probability in a thousand.
pub(crate) fn die_sometimes(per_mille: u32) {
    let mut byte = [0; 2];
    let mut random = File::open("/dev/urandom").expect("a system with random numbers");
    std::io::Read::read_exact(&mut random, &mut byte).expect("random numbers");
    if u32::from(u16::from_ne_bytes(byte)) % 1000 < per_mille {
        process::exit(3);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A process has opened the ledger: what has its id and comes later is of this process.
    Opened,
    Began,
    Ended,
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) pid: u32,
    /// The threads of a worker are numbered as they first write.
    pub(crate) thread: u32,
    pub(crate) index: u32,
    pub(crate) event: Event,
}

const LEN: usize = 16;

/// Appends a record by a single write, which is there as a whole or not at all.
fn note(index: u32, event: Event) {
    static FILE: OnceLock<File> = OnceLock::new();
    static THREADS: AtomicU32 = AtomicU32::new(0);
    thread_local!(static THREAD: Cell<u32> = Cell::new(THREADS.fetch_add(1, Relaxed)));

    let write = |mut file: &File, event: Event| {
        let fields = [process::id(), THREAD.get(), index, event as u32];
        let bytes: Vec<u8> = fields.iter().flat_map(|field| field.to_le_bytes()).collect();
        let written = file.write(&bytes).expect("room for a record");
        assert_eq!(written, LEN);
    };
    let file = FILE.get_or_init(|| {
        let path = std::env::var_os(VARIABLE).expect("set by the test");
        let file = File::options().append(true).open(path).expect("made by the test");
        write(&file, Event::Opened);
        file
    });
    write(file, event);
}

/// All records, in the order written.
pub(crate) fn read(path: &Path) -> Vec<Record> {
    let bytes = fs::read(path).expect("the ledger");
    assert_eq!(bytes.len() % LEN, 0, "a record was cut short");
    let field = |record: &[u8], number: usize| {
        u32::from_le_bytes(record[4 * number..][..4].try_into().expect("four bytes"))
    };
    let decode = |record: &[u8]| Record {
        pid: field(record, 0),
        thread: field(record, 1),
        index: field(record, 2),
        event: match field(record, 3) {
            0 => Event::Opened,
            1 => Event::Began,
            2 => Event::Ended,
            other => panic!("there is no event {other}"),
        },
    };
    bytes.chunks_exact(LEN).map(decode).collect()
}
