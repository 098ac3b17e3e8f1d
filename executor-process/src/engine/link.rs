//! [`Link`]: what the threads of the pool share of one worker.

use crate::shared::courier::Courier;
use crate::transport::bell::Bell;
use crate::transport::beside::{Beside, Refusal};
use crate::transport::channel::Sender;
#[cfg(not(unix))]
use crate::transport::memory::MemoryFile;
use crate::transport::message::{ToPool, ToWorker};
use crate::transport::outlet::Frames;
use crate::transport::region::{Region, Word};
use executor_core::Exit;
use once_cell::sync::OnceCell;
use parking_lot::Mutex;
use shared_child::SharedChild;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// One worker, for whoever has something to say to it.
#[derive(Debug)]
pub(crate) struct Link {
    /// Workers are numbered as they are started, and a number is not used again.
    pub(crate) number: u64,
    pub(crate) region: Region,
    /// Whoever reads results holds it: the worker's reader, or a thread that assists.
    pub(crate) frames: Mutex<Frames>,
    /// To the worker, once it has said hello.
    pub(crate) worker: OnceCell<Sender<ToWorker>>,
    /// Our end of the line to the worker, once it is being started.
    pub(crate) line: OnceCell<Courier>,
    /// Keeps a worker alive on systems that do not end orphans.
    pub(crate) lifeline: OnceCell<Option<Sender<()>>>,
    /// To our own reader.
    pub(crate) reader: Sender<ToPool>,
    pub(crate) child: OnceCell<SharedChild>,
    /// Whether the one-shot server has done its duty.
    #[cfg(not(unix))]
    pub(crate) greeted: AtomicBool,
    /// Given up to have a descriptor for whoever must end the reader's wait for a hello: that there are
    /// none may be the very reason why there is no worker.
    #[cfg(not(unix))]
    pub(crate) spare: Mutex<Option<MemoryFile>>,
    /// Why nobody will say hello, if the keeper has found that out.
    pub(crate) gone: OnceCell<String>,
    /// How the process has ended, once the keeper has seen that.
    pub(crate) exit: OnceCell<Exit>,
    /// The process is to be killed as soon as there is one.
    pub(crate) condemned: AtomicBool,
}

impl Link {
    pub(crate) fn new(number: u64, region: Region, reader: Sender<ToPool>) -> Self {
        Self {
            number,
            region,
            frames: Mutex::default(),
            worker: OnceCell::new(),
            line: OnceCell::new(),
            lifeline: OnceCell::new(),
            reader,
            child: OnceCell::new(),
            #[cfg(not(unix))]
            greeted: AtomicBool::new(false),
            #[cfg(not(unix))]
            spare: Mutex::default(),
            gone: OnceCell::new(),
            exit: OnceCell::new(),
            condemned: AtomicBool::new(false),
        }
    }

    pub(crate) fn worker_bell(&self) -> Bell<'_> {
        Bell(self.region.word(Word::WorkerBell))
    }

    pub(crate) fn reader_bell(&self) -> Bell<'_> {
        Bell(self.region.word(Word::PoolBell))
    }

    /// Sends the message that [`Bell::ring`] asked for.
    pub(crate) fn wake_worker(&self) {
        let Some(worker) = self.worker.get() else { return };
        #[cfg(unix)]
        let woken = worker.try_send(&ToWorker::Wake);
        #[cfg(not(unix))]
        let woken = worker.send(ToWorker::Wake);
        if woken.is_err() {
            self.kill(); // dead, or it breaks the rules: it sleeps, and has not read what woke it before
        }
    }

    /// Sends what travels beside an argument, as message `number`, without waiting for room.
    pub(crate) fn send_beside(&self, beside: &Beside, number: u32) -> Result<(), Refusal> {
        self.line.get().map_or(Err(Refusal::Gone), |line| beside.send(line, number))
    }

    /// Sends the reader the message that [`Bell::ring`] asked for, without waiting for room: if there is none, something
    /// is unread, and wakes it as well.
    pub(crate) fn wake_reader(&self) {
        #[cfg(unix)]
        let _it_is_awake_or_gone = self.reader.try_send(&ToPool::Wake);
        #[cfg(not(unix))]
        let _it_may_have_ended = self.reader.send(ToPool::Wake);
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.get().map(SharedChild::id)
    }

    /// Blocks until the keeper has noted the process that it has started, or why there is none.
    ///
    /// A process can be ready before whoever has started it gets to run again; so this takes no time, or as long as
    /// that thread is kept waiting for a processor.
    pub(crate) fn wait_for_child(&self) {
        while self.child.get().is_none() && self.gone.get().is_none() {
            thread::sleep(Duration::from_micros(20));
        }
    }

    /// Ends the process at once. Harmless if it has ended.
    pub(crate) fn kill(&self) {
        self.condemned.store(true, Ordering::SeqCst);
        if let Some(child) = self.child.get() {
            let _it_may_have_ended = child.kill();
        }
    }

    /// Asks the process to end: `SIGTERM`, where there are signals.
    pub(crate) fn terminate(&self) {
        #[cfg(unix)]
        if let Some(child) = self.child.get() {
            use shared_child::unix::SharedChildExt;
            let _it_may_have_ended = child.send_signal(libc::SIGTERM);
            return;
        }
        self.kill(); // as soon as there is a process
    }
}
