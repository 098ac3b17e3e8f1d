//! Which script a worker plays, and what they have in common.

use super::{frames, hello, memory, silence, sockets};
use crate::transport::inlet::{Outbound, Taken};
use crate::transport::noise::Noise;
use crate::transport::outlet::{Payload, Results};
use crate::worker::{Serving, boot};
use std::ffi::OsString;
use std::time::{Duration, Instant};

/// Tells a worker what to play: a kind and a number.
pub(super) const VARIABLE: &str = "CONCURRENT_FUTURES_HOSTILE";

/// With what a worker ends whose script is over, and that nobody has ended before.
pub(super) const OVER: i32 = 77;

/// What kind of script, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Hello,
    Frames,
    Memory,
    Sockets,
    Silent,
    StartsTwice,
    Denies,
    SaysEnded,
    Stuffs,
    TakesBack,
    LeavesSomebody,
    AnswersInVain,
}

const KINDS: [(&str, Kind); 12] = [
    ("hello", Kind::Hello),
    ("frames", Kind::Frames),
    ("memory", Kind::Memory),
    ("sockets", Kind::Sockets),
    ("silent", Kind::Silent),
    ("starts twice", Kind::StartsTwice),
    ("denies", Kind::Denies),
    ("says ended", Kind::SaysEnded),
    ("stuffs", Kind::Stuffs),
    ("takes back", Kind::TakesBack),
    ("leaves somebody", Kind::LeavesSomebody),
    ("answers in vain", Kind::AnswersInVain),
];

/// What a worker finds in its environment.
pub(super) fn variable(kind: Kind, seed: u64) -> String {
    let name = KINDS.iter().find(|(_, listed)| *listed == kind).expect("all are listed").0;
    format!("{name}:{seed}")
}

fn from_variable(value: &OsString) -> Option<(Kind, u64)> {
    let (name, seed) = value.to_str()?.split_once(':')?;
    let kind = KINDS.iter().find(|(listed, _)| *listed == name)?.1;
    Some((kind, seed.parse().ok()?))
}

/// If this worker is to play something, plays it and ends.
pub(crate) fn play() {
    let Some(value) = std::env::var_os(VARIABLE) else { return };
    let (kind, seed) = from_variable(&value).expect("a kind and a number");
    // Nothing is to be seen of the panics here, nor of what they print.
    std::panic::set_hook(Box::new(|_| std::process::exit(OVER)));
    let mut noise = Noise::new(seed);
    if matches!(kind, Kind::Hello | Kind::Frames | Kind::Memory | Kind::Sockets) {
        limit_life();
    }
    if kind == Kind::Hello {
        hello::play(&mut noise);
        end();
    }
    let Ok(serving) = boot() else { std::process::exit(OVER) };
    let mut act = Act::new(serving, noise);
    match kind {
        Kind::Hello => unreachable!("it was played"),
        Kind::Frames => frames::play(&mut act),
        Kind::Memory => memory::play(&mut act),
        Kind::Sockets => sockets::play(&mut act),
        Kind::Silent => silence::play(&mut act),
        Kind::StartsTwice => frames::start_twice(&mut act),
        Kind::Denies => memory::deny(&mut act),
        Kind::SaysEnded => sockets::say_ended(&mut act),
        Kind::Stuffs => sockets::stuff(&mut act),
        Kind::TakesBack => frames::take_back(&act),
        Kind::LeavesSomebody => sockets::leave_somebody(&act),
        Kind::AnswersInVain => frames::answer_in_vain(&mut act),
    }
    end();
}

/// Has the system end this process after a while: what it writes it may be the one to believe.
fn limit_life() {
    let zero = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let once = libc::timeval { tv_sec: 0, tv_usec: 200_000 };
    let timer = libc::itimerval { it_interval: zero, it_value: once };
    // SAFETY: a valid setting; the signal has no handler.
    unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()) };
}

/// Ends this process, and nothing else happens in it.
pub(super) fn end() -> ! {
    // SAFETY: it ends the process.
    unsafe { libc::_exit(OVER) }
}

/// A worker that plays.
pub(super) struct Act {
    pub(super) serving: Serving,
    pub(super) noise: Noise,
    pub(super) outbound: Outbound,
    pub(super) results: Results,
    /// How long to wait for the first task.
    first: Duration,
}

impl Act {
    fn new(serving: Serving, noise: Noise) -> Self {
        Self {
            serving,
            noise,
            outbound: Outbound::default(),
            results: Results::default(),
            first: Duration::from_millis(50),
        }
    }

    /// The next task, once it is there; `None` if there is none for a while. Some time is given to the first.
    pub(super) fn take(&mut self, patience: Duration) -> Option<Taken> {
        let patience = std::mem::take(&mut self.first).max(patience);
        let start = Instant::now();
        loop {
            if let Some(taken) = self.outbound.take(&self.serving.region) {
                return Some(taken);
            }
            if start.elapsed() > patience {
                return None;
            }
            std::thread::yield_now();
        }
    }

    /// Publishes a frame as a worker does, whatever it says.
    pub(super) fn publish(
        &mut self,
        number: u32,
        kind: u8,
        attachments: u16,
        bytes: &[u8],
    ) -> bool {
        let payload = Payload::Bytes(bytes);
        self.results.try_publish(&self.serving.region, number, kind, attachments, payload)
    }

    /// Wakes the pool's reader if it sleeps, as a worker does.
    pub(super) fn ring(&self) {
        use crate::transport::bell::Bell;
        use crate::transport::message::ToPool;
        use crate::transport::region::Word;

        if Bell(self.serving.region.word(Word::PoolBell)).ring() {
            let _it_is_gone = self.serving.sender.send(ToPool::Wake);
        }
    }

    /// A number that is likely to do harm.
    pub(super) fn odd_number(&mut self) -> u64 {
        let some = self.noise.next();
        let near = self.noise.below(40);
        self.noise.of(&[
            0,
            1,
            near,
            some,
            some >> 32,
            u64::MAX,
            u64::MAX - near,
            1 << 63,
            1 << 40,
            (1 << 40) - near,
            u64::from(u32::MAX),
            512 * 1024,
            512 * 1024 - near,
            512 * 1024 + near,
            64 * 1024 + near,
        ])
    }
}
