//! Tasks that have left, and are asked about.

use crate::support::guarded;
use crate::support::parcel::{Letter, Parcel};
use crate::tray::Tray;
use concurrent_futures::home::{self, Home, Recalled};
use concurrent_futures::worker::{self, Worker};
use concurrent_futures::{
    Executor, ExecutorId, Future, FutureId, FutureState, Rejected, RemoteItems, Shutdown, Task,
    TaskError,
};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// A home with one task in it, which answers as it is told.
struct Fake {
    task: Mutex<Option<Letter>>,
    items: Mutex<Vec<RemoteItems>>,
    /// How often `recall` says "elsewhere" before it gives the task back.
    hesitation: AtomicUsize,
    asked: AtomicUsize,
    id: ExecutorId,
}

impl Fake {
    /// Registered until it is dropped.
    fn new() -> Arc<Self> {
        let id = ExecutorId::next();
        let home = Arc::new(Self {
            task: Mutex::default(),
            items: Mutex::default(),
            hesitation: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            id,
        });
        let dynamic: Arc<dyn Home> = Arc::clone(&home) as _;
        home::register(id, Arc::downgrade(&dynamic));
        home
    }

    /// A home with a task that is on its way to a worker.
    fn with_task() -> (Arc<Self>, Future<u64>) {
        let home = Self::new();
        let (task, future) = Task::portable(|n: u64| n, 7);
        task.set_home(home.id);
        let Ok(Parcel::Letter(letter)) = Parcel::pack(task) else { panic!("it does not encode") };
        assert!(letter.remote.ship());
        *home.task.lock().unwrap() = Some(letter);
        (home, future)
    }

    fn take(&self) -> Option<Letter> {
        self.task.lock().unwrap().take()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        home::unregister(self.id);
    }
}

impl Home for Fake {
    fn recall(&self, task: FutureId) -> Recalled {
        self.asked.fetch_add(1, SeqCst);
        let items = std::mem::take(&mut *self.items.lock().unwrap());
        if !items.is_empty() {
            assert_eq!(items[0].id(), task);
            return Recalled::Items(items);
        }
        if self.hesitation.load(SeqCst) > 0 {
            self.hesitation.fetch_sub(1, SeqCst);
            return Recalled::Elsewhere;
        }
        match self.take() {
            Some(letter) => {
                assert_eq!(letter.remote.id(), task);
                Recalled::Task(letter.remote)
            }
            None => Recalled::Started,
        }
    }

    fn look(&self, _task: FutureId) {
        self.asked.fetch_add(1, SeqCst);
        if let Some(letter) = &*self.task.lock().unwrap() {
            letter.remote.start();
        }
    }

    fn kill(&self, task: FutureId) -> bool {
        self.asked.fetch_add(1, SeqCst);
        let Some(letter) = self.take() else { return false };
        assert_eq!(letter.remote.id(), task);
        letter.remote.fail(TaskError::Killed);
        true
    }

    fn assist(&self, _task: FutureId, over: &dyn Fn() -> bool) -> bool {
        self.asked.fetch_add(1, SeqCst);
        assert!(!over());
        let Some(letter) = self.take() else { return false };
        letter.run();
        assert!(over());
        true
    }
}

/// FUT-10: a task that nobody has started is recalled, and cancelled with all that belongs to it.
#[test]
fn recalled_tasks_are_cancelled() {
    guarded("recalled_tasks_are_cancelled", || {
        let (home, future) = Fake::with_task();
        let called = Arc::new(AtomicUsize::new(0));
        let calls = Arc::clone(&called);
        future.add_done_callback(move |_| {
            calls.fetch_add(1, SeqCst);
        });
        assert!(future.cancel() && future.cancel() && future.cancelled());
        assert_eq!((home.asked.load(SeqCst), called.load(SeqCst)), (1, 1));
        assert_eq!(future.result(), Err(TaskError::Cancelled));
    });
}

/// FUT-10: the answer "it is on its way" is followed by another question.
#[test]
fn elsewhere_is_asked_again() {
    guarded("elsewhere_is_asked_again", || {
        let (home, future) = Fake::with_task();
        home.hesitation.store(100, SeqCst);
        assert!(future.task_ref().cancel());
        assert_eq!(home.asked.load(SeqCst), 101);
        assert_eq!(future.result(), Err(TaskError::Cancelled));
    });
}

/// FUT-10: one that was started is not cancelled.
#[test]
fn started_tasks_are_not_cancelled() {
    guarded("started_tasks_are_not_cancelled", || {
        let (home, future) = Fake::with_task();
        let letter = home.take().unwrap();
        assert!(!future.cancel() && !future.done());
        letter.run();
        assert!(!future.cancel());
        assert_eq!(future.result(), Ok(7));
    });
}

/// FUT-10: one that is not to be had any more, since its home is gone, is left to whoever has it.
#[test]
fn homeless_tasks_are_not_cancelled() {
    guarded("homeless_tasks_are_not_cancelled", || {
        let (home, future) = Fake::with_task();
        let letter = home.take().unwrap();
        drop(home);
        assert!(!future.cancel() && !future.kill());
        assert_eq!(future.state(), FutureState::Pending);
        letter.remote.unship();
        assert!(future.cancel());
        assert!(!letter.remote.ship() && letter.remote.is_cancelled());
    });
}

/// FUT-11: a home that is asked knows what is running.
#[test]
fn homes_know_what_is_running() {
    guarded("homes_know_what_is_running", || {
        let (home, future) = Fake::with_task();
        assert!(future.task_ref().running());
        assert_eq!(future.state(), FutureState::Running);
        assert_eq!(home.asked.load(SeqCst), 1, "what is known is not asked again");
        assert!(!future.cancel());
        home.take().unwrap().run();
        assert_eq!(future.state(), FutureState::Finished);
    });
}

/// What is pending is cancelled, what is running is killed, and what is over is neither.
#[test]
fn kill_stops_what_can_be_stopped() {
    guarded("kill_stops_what_can_be_stopped", || {
        let (_home, future) = Fake::with_task();
        assert!(future.kill());
        assert_eq!(future.result(), Err(TaskError::Cancelled));

        let (_home, future) = Fake::with_task();
        assert!(future.running() && future.task_ref().kill());
        assert!(!future.kill());
        assert_eq!(future.result(), Err(TaskError::Killed));

        let (home, future) = Fake::with_task();
        home.take().unwrap().run();
        assert!(!future.kill());
        assert_eq!(home.asked.load(SeqCst), 0);

        let (promise, future) = concurrent_futures::promise::<u8>();
        promise.set_running().unwrap();
        assert!(!future.kill(), "a thread cannot be stopped");
    });
}

/// Whoever waits may be helped by the home, which completes the task.
#[test]
fn homes_assist_whoever_waits() {
    guarded("homes_assist_whoever_waits", || {
        let (home, future) = Fake::with_task();
        assert_eq!(future.result(), Ok(7));
        assert_eq!(home.asked.load(SeqCst), 1);

        let (home, future) = Fake::with_task();
        let letter = home.take().unwrap();
        let worker = std::thread::spawn(move || letter.run());
        assert_eq!(future.result(), Ok(7), "not helped, so it has waited");
        worker.join().unwrap();
    });
}

/// SUB-08: a worker of the same executor does not try to run what it has not got.
#[test]
fn workers_wait_for_what_has_left() {
    struct Here(ExecutorId);
    impl Worker for Here {
        fn executor(&self) -> ExecutorId {
            self.0
        }
    }
    guarded("workers_wait_for_what_has_left", || {
        let home = Fake::new();
        let (task, future) = Task::portable(|text: String| text, "text".to_owned());
        task.set_home(home.id);
        let parcel = Parcel::pack(task).unwrap();
        let elsewhere = std::thread::spawn(move || parcel.run());
        let result = worker::enter(&Here(home.id), || future.result());
        assert_eq!(result.as_deref(), Ok("text"));
        elsewhere.join().unwrap();
    });
}

/// FUT-10: of a cancellation and the way out exactly one wins.
#[test]
fn shipping_races_with_cancel() {
    guarded("shipping_races_with_cancel", || {
        for _ in 0..500 {
            let home = Fake::new();
            home.hesitation.store(3, SeqCst);
            let (task, future) = Task::portable(|n: u64| n, 7);
            task.set_home(home.id);
            let Ok(Parcel::Letter(letter)) = Parcel::pack(task) else { panic!("it encodes") };
            let canceller = future.task_ref();
            std::thread::scope(|scope| {
                let cancelling = scope.spawn(move || canceller.cancel());
                let mut place = home.task.lock().unwrap();
                if letter.remote.ship() {
                    *place = Some(letter);
                }
                drop(place);
                if let Some(letter) = home.take() {
                    letter.run();
                }
                let cancelled = cancelling.join().unwrap();
                assert_eq!(future.result().is_err(), cancelled);
            });
        }
    });
}

/// MAP-08: a cancelled map asks for its items back.
#[test]
fn maps_are_recalled() {
    guarded("maps_are_recalled", || {
        let executor = Homely { tray: Tray::new(), home: Fake::new() };
        let mut map = executor.map(|n: u64| n, 0..2000).unwrap();
        let Homely { tray, home } = &executor;
        let mut batches = tray.take_batches();
        assert_eq!(batches.len(), 2);
        let mut first = batches.remove(0);
        first.run_first();
        home.items.lock().unwrap().extend([first.items.split_off(5), first.items]);
        map.cancel();
        assert_eq!(home.asked.load(SeqCst), 2);
        assert!(home.items.lock().unwrap().is_empty());
        assert_eq!(map.next(), None);
    });
}

/// A tray whose tasks have a home.
struct Homely {
    tray: Tray,
    home: Arc<Fake>,
}

impl Executor for Homely {
    fn execute(&self, task: Task) -> Result<(), Rejected> {
        task.set_home(self.home.id);
        self.tray.execute(task)
    }

    fn shutdown(&self, how: Shutdown) -> bool {
        self.tray.shutdown(how)
    }

    fn max_workers(&self) -> usize {
        1
    }

    fn is_remote(&self) -> bool {
        true
    }
}
