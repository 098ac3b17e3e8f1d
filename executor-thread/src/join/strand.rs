//! [`Strand`]: the joins that one thread is in, for one pool.

use super::job::{Half, Job, Link, catch};
use super::mailbox::Mailbox;
use super::stack::{self, Ample};
use crate::engine::Engine;
use executor_core::Task;
use once_cell::sync::OnceCell;
use std::any::Any;
use std::cell::Cell;
use std::io::Write;
use std::panic::resume_unwind;
use std::process::abort;
use std::ptr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a thread goes on before it looks again whether anybody wants work. A look takes some tens
/// of nanoseconds, most of them to tell the time.
const LOOK_AFTER: Duration = Duration::from_micros(2);

/// How many joins there are between two looks at most, however short they are.
const MAX_STRIDE: u32 = 128;

/// How long a thread keeps its work to itself after it has given some away, when every processor has
/// a worker already. Another thread could not run then but instead of one that is running.
const REST: Duration = Duration::from_micros(200);

thread_local! {
    /// The innermost one. Without a destructor, so that it is there until the very end of the thread.
    static CURRENT: Cell<*const Strand<'static>> = const { Cell::new(ptr::null()) };
}

/// The joins that this thread is in, one inside the other, for one pool; and when to look around.
///
/// It is in the frame of the outermost of them, or of the job in which that one is.
struct Strand<'p> {
    engine: &'p Arc<Engine>,
    /// Through which to help out whoever waits for the job in which this strand began.
    mailbox: Option<&'p Arc<Mailbox>>,
    /// The last of the list, the first of which is `root`.
    newest: Cell<*const Link>,
    /// The last of those that were offered. All after it are private.
    offered: Cell<*const Link>,
    joins_until_look: Cell<u32>,
    /// How many joins there are from one look to the next; 0 before the first look.
    stride: Cell<u32>,
    last_look: Cell<Option<Instant>>,
    ample: Ample,
    rest_until: Cell<Option<Instant>>,
    root: Link,
}

/// See [`ThreadPoolExecutor::join`](crate::ThreadPoolExecutor::join).
#[inline(always)]
pub(crate) fn join<A, B, RA, RB>(engine: &Arc<Engine>, a: A, b: B) -> (RA, RB)
where
    A: FnOnce() -> RA,
    B: FnOnce() -> RB + Send,
    RB: Send,
{
    match current(engine) {
        Some(strand) if strand.ample.contains(stack::here()) => strand.join(a, b),
        _ => join_with_care(engine, a, b),
    }
}

/// [`join`] that is the first one, or comes near the end of the stack.
#[cold]
#[inline(never)]
fn join_with_care<A, B, RA, RB>(engine: &Arc<Engine>, a: A, b: B) -> (RA, RB)
where
    A: FnOnce() -> RA,
    B: FnOnce() -> RB + Send,
    RB: Send,
{
    match current(engine) {
        Some(strand) => strand.ample.ensure(|| strand.join(a, b)),
        None => enter(engine, None, || join_with_care(engine, a, b)),
    }
}

/// This thread's innermost strand, if it is one of this pool.
#[inline(always)]
fn current<'p>(engine: &'p Arc<Engine>) -> Option<&'p Strand<'p>> {
    // SAFETY: `enter` keeps the strand in its frame for as long as the pointer is in `CURRENT`. Whoever
    // calls this is called inside of that `enter`, and does not keep the reference beyond its own end.
    let strand = unsafe { CURRENT.get().as_ref() }?;
    ptr::eq(strand.engine, engine).then_some(strand)
}

/// Runs `f` inside a new strand.
fn enter<R>(engine: &Arc<Engine>, mailbox: Option<&Arc<Mailbox>>, f: impl FnOnce() -> R) -> R {
    struct Leave([*const Strand<'static>; 2]);
    impl Drop for Leave {
        fn drop(&mut self) {
            let [inner, outer] = self.0;
            if CURRENT.replace(outer) != inner {
                out_of_order();
            }
        }
    }
    let root = Link::of_none();
    let strand = Strand {
        engine,
        mailbox,
        newest: Cell::new(ptr::null()),
        offered: Cell::new(ptr::null()),
        joins_until_look: Cell::new(0),
        stride: Cell::new(0),
        last_look: Cell::new(None),
        ample: Ample::unknown(),
        // A worker that has just been given something does not wake the next one for a part of it.
        rest_until: Cell::new(mailbox.map(|_| Instant::now() + REST)),
        root,
    };
    strand.newest.set(&raw const strand.root);
    strand.offered.set(&raw const strand.root);
    let inner = (&raw const strand).cast();
    let _leave = Leave([inner, CURRENT.replace(inner)]);
    f()
}

impl Strand<'_> {
    #[inline(always)]
    fn join<A, B, RA, RB>(&self, a: A, b: B) -> (RA, RB)
    where
        A: FnOnce() -> RA,
        B: FnOnce() -> RB + Send,
        RB: Send,
    {
        let job = Job::new(b);
        let link = job.link();
        // Pushed. From here until it is off the list again nothing unwinds or returns.
        let older = self.newest.get();
        // SAFETY: a link on the list is in the frame of a `join` that has not ended, or of `enter`.
        unsafe { &(*older).younger }.set(link);
        self.newest.set(link);
        let first = catch(|| {
            match self.joins_until_look.get() {
                0 => self.look(),
                left => self.joins_until_look.set(left - 1),
            }
            a()
        });
        // Joins inside of `a` have taken theirs off the list, so that this one is the last again.
        if self.newest.replace(older) != link {
            out_of_order();
        }
        if self.offered.get() == link {
            self.offered.set(older);
            // SAFETY: the job is where it was.
            self.settle(unsafe { &*link });
            // SAFETY: it has just been settled.
            let second = || unsafe { job.finish() };
            match first {
                Ok(first) => (first, second()),
                Err(panic) => resume_after(second, panic),
            }
        } else {
            // SAFETY: it was never offered: the last that was came before it.
            let second = || unsafe { job.call() };
            match first {
                Ok(first) => (first, second()),
                Err(panic) => resume_after(second, panic),
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn settle(&self, link: &Link) {
        if link.settle() {
            self.engine.taken_back();
        }
    }

    /// Gives the oldest private job away if somebody wants it.
    #[cold]
    #[inline(never)]
    fn look(&self) {
        self.plan_next_look();
        if self.offered.get() == self.newest.get() {
            return;
        }
        if let Some(mailbox) = self.mailbox
            && mailbox.is_wanted()
        {
            mailbox.give(self.offer_oldest(false));
        } else if self.has_taker() {
            self.rest_until.set(Some(Instant::now() + REST));
            // If it is refused, because the pool is being shut down or its queue is full, the task is
            // over at once, and the job is taken back when its turn comes.
            drop(self.engine.execute(self.offer_oldest(true), false));
        }
    }

    /// Counts so many joins until the next look as took the right time lately.
    fn plan_next_look(&self) {
        let stride = u64::from(self.stride.get());
        if stride == 0 {
            self.stride.set(1); // the first one, and maybe the only one: it is not worth asking the time
            return;
        }
        let now = Instant::now();
        if let Some(last) = self.last_look.replace(Some(now)) {
            let took = u64::try_from((now - last).as_nanos()).unwrap_or(u64::MAX).max(1);
            let fitting = stride * LOOK_AFTER.as_nanos() as u64 / took;
            // At most twice as many, since it may have been one short piece among long ones.
            let next = fitting.clamp(1, (2 * stride).min(u64::from(MAX_STRIDE)));
            self.stride.set(next as u32);
        }
        self.joins_until_look.set(self.stride.get() - 1);
    }

    /// Whether a worker has nothing to do, and should be made to do something.
    fn has_taker(&self) -> bool {
        let Some(busy) = self.engine.busy_if_hungry() else { return false };
        let rested = || self.rest_until.get().is_none_or(|until| Instant::now() >= until);
        busy < processors() || rested()
    }

    fn offer_oldest(&self, queued: bool) -> Task {
        let engine = self.engine;
        // SAFETY: as in `join`.
        let oldest = unsafe { (*self.offered.get()).younger.get() };
        self.offered.set(oldest);
        let run = move |half: Half, mailbox: &Arc<Mailbox>| {
            enter(engine, Some(mailbox), || half.run());
        };
        // SAFETY: the `join` that pushed the job in this thread finds it offered, and settles it before
        // its frame goes. The engine is borrowed for as long as the strand exists, which is longer.
        unsafe { Link::offer(oldest, queued, run) }
    }
}

/// Runs the second half, although the first has panicked, and goes on panicking.
#[cold]
#[inline(never)]
fn resume_after<R>(second: impl FnOnce() -> R, panic: Box<dyn Any + Send>) -> ! {
    drop(catch(|| drop(second())));
    resume_unwind(panic)
}

/// Ends the process: a `join` ends that began before another one which has not ended.
///
/// It takes several stacks in one thread to come here, and then a list leads into a frame that is gone.
#[cold]
#[inline(never)]
fn out_of_order() -> ! {
    // Not `eprintln!`, which panics if nobody reads stderr any more.
    let message = "concurrent-futures: joins of one thread do not end in reverse order; aborting\n";
    let _nobody_reads_it = std::io::stderr().write_all(message.as_bytes());
    abort()
}

/// How many threads can run at a time.
fn processors() -> usize {
    static PROCESSORS: OnceCell<usize> = OnceCell::new();
    *PROCESSORS.get_or_init(num_cpus::get)
}
