//! The rules one by one, with workers that are memory and nothing else: what they measure and whether they sleep
//! is written there by the test, and nobody runs anything. There is no supervisor, only whether it is to look.

use super::*;
use crate::builder::OnWorkerDeath;
use crate::engine::ahead::TINY;
use crate::engine::basket::Basket;
use crate::engine::config::Config;
use crate::engine::link::Link;
use crate::transport::channel::{Receiver, channel};
use crate::transport::inlet::Outbound;
use crate::transport::message::ToPool;
use crate::transport::region::{Region, Word};
use executor_core::{BrokenPool, Executor, FutureId};
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

/// A pool without threads and processes.
struct Stage {
    shared: Arc<Shared>,
    state: State,
    after: After,
    basket: Basket,
    /// What was submitted, oldest first.
    submitted: Vec<FutureId>,
    outbound: Vec<Outbound>,
    _receivers: Vec<Receiver<ToPool>>,
}

impl Stage {
    /// With so many workers that are ready, of so many that there may be, on so many processors.
    fn new(workers: usize, max_workers: usize, processors: usize) -> Self {
        let shared = Shared::new(Config {
            max_workers,
            threads_per_worker: 1,
            processors,
            max_tasks_per_child: None,
            initializer: None,
            on_death: OnWorkerDeath::default(),
            deadline: None,
            start_timeout: Duration::from_secs(60),
            capture_stderr: false,
            process: Default::default(),
        });
        let mut stage = Self {
            shared: shared.unwrap(),
            state: State::default(),
            after: After::default(),
            basket: Basket::default(),
            submitted: Vec::new(),
            outbound: Vec::new(),
            _receivers: Vec::new(),
        };
        stage.state.supervisor = Some(thread::spawn(|| {})); // so that none is started
        for _ in 0..workers {
            stage.add_worker(Phase::Ready);
        }
        stage
    }

    /// With two workers, all that there may be, which have some quick tasks behind them and are in one each.
    fn busy_with_quick_tasks() -> Self {
        let mut stage = Self::new(2, 2, 8);
        for worker in [0, 1] {
            stage.measures(worker, SOME);
            stage.occupy(worker);
        }
        stage
    }

    fn add_worker(&mut self, phase: Phase) {
        let (sender, receiver) = channel().unwrap();
        let link = Link::new(self.outbound.len() as u64, Region::create().unwrap(), sender);
        let mut member = Member::new(Arc::new(link), None, None);
        member.phase = phase;
        self.state.members.push(member);
        self.outbound.push(Outbound::default());
        self._receivers.push(receiver);
    }

    fn region(&self, worker: usize) -> &Region {
        &self.state.members[worker].link.region
    }

    /// What the worker says of the time that its tasks take.
    fn measures(&self, worker: usize, average: Duration) {
        let nanos = average.as_nanos() as u32;
        self.region(worker).word(Word::Average).store(nanos, Relaxed);
    }

    fn falls_asleep(&self, worker: usize) {
        self.state.members[worker].link.worker_bell().lie_down();
    }

    /// The worker starts the next task that it has.
    fn starts_next(&mut self, worker: usize) {
        let region = &self.state.members[worker].link.region;
        self.outbound[worker].take(region).expect("it has one");
    }

    /// Another task for the pool, which hands it out if it can.
    fn submit(&mut self) {
        let future = self.basket.submit(|n: u64| n, 7).unwrap();
        self.submitted.push(future.id());
        self.accept();
    }

    /// What is in the basket, for the pool.
    fn accept(&mut self) {
        for entry in self.basket.entries() {
            self.shared.accept(&mut self.state, entry, &mut self.after);
        }
    }

    /// A worker that is running a task, of which nothing is known.
    fn occupy(&mut self, worker: usize) {
        self.submit();
        self.starts_next(worker);
        assert_eq!(self.state.members[worker].items, 1);
    }

    /// Which tasks the worker has, by when they were submitted.
    fn tasks_of(&mut self, worker: usize) -> Vec<usize> {
        let member = &mut self.state.members[worker];
        let ids = member.numbers().into_iter().map(|number| member.work(number).map(id_of));
        let ids: Vec<_> = ids.map(Option::unwrap).collect();
        ids.iter().map(|id| self.submitted.iter().position(|other| other == id).unwrap()).collect()
    }

    fn queued(&self) -> usize {
        self.state.queue.len()
    }

    fn watch(&self) -> Option<Watch> {
        self.state.watch.map(|(watch, _)| watch)
    }

    /// The supervisor looks.
    fn look(&mut self) {
        self.shared.watch_over(&mut self.state, &mut self.after);
    }

    /// The worker has ended the oldest task that it has.
    fn finishes_oldest(&mut self, worker: usize) {
        let member = &mut self.state.members[worker];
        let number = member.numbers()[0];
        let _flight = member.land(number).expect("it has it");
        member.items -= 1;
        member.resolved += 1;
        member.stuck = false;
        self.employ();
    }

    /// The supervisor has looked, and found nothing.
    fn watches_no_more(&mut self) {
        self.state.watch = None;
    }

    fn employ(&mut self) {
        self.shared.employ(&mut self.state, &mut self.after);
    }
}

fn id_of(work: &Work) -> FutureId {
    match work {
        Work::One(task) => task.id(),
        Work::Many(items) => items.id(),
    }
}

const SLOW: Duration = Duration::from_millis(10);
const SOME: Duration = Duration::from_micros(25);

#[test]
fn rule_1_who_is_awake_and_idle() {
    let mut stage = Stage::new(3, 3, 8);
    stage.measures(0, SOME);
    stage.occupy(0);
    stage.falls_asleep(1);
    stage.submit();
    assert_eq!((stage.tasks_of(1), stage.tasks_of(2)), (vec![], vec![1]));
    assert_eq!(stage.watch(), None, "there was no bet");
}

#[test]
fn rule_2_who_is_quick() {
    let mut stage = Stage::new(2, 2, 8);
    stage.measures(0, SOME);
    stage.occupy(0);
    stage.falls_asleep(1);
    stage.submit();
    assert_eq!(stage.tasks_of(0), [0, 1]);
    assert_eq!(stage.watch(), Some(Watch::Bet));
    let limit = stage.state.members[0].quick_limit().unwrap();
    for _ in 1..limit {
        stage.submit();
    }
    assert_eq!((stage.tasks_of(0).len(), stage.tasks_of(1).len()), (1 + limit, 0));
    stage.submit(); // as much as it may have
    assert_eq!(stage.tasks_of(1), [1 + limit]);
}

#[test]
fn rule_3_who_only_takes_turns() {
    let mut stage = Stage::new(2, 3, 1);
    stage.measures(0, TINY);
    stage.occupy(0);
    stage.falls_asleep(1);
    let limit = stage.state.members[0].quick_limit().unwrap();
    for _ in 0..=limit {
        stage.submit();
    }
    assert_eq!((stage.tasks_of(0).len(), stage.tasks_of(1).len()), (1 + limit, 0));
    assert_eq!(stage.queued(), 1);
    assert_eq!(stage.watch(), Some(Watch::Bet));
}

#[test]
fn rule_4_who_sleeps() {
    let mut stage = Stage::new(2, 3, 8);
    stage.measures(0, SLOW);
    stage.occupy(0);
    stage.falls_asleep(1);
    stage.submit();
    assert_eq!(stage.tasks_of(1), [1]);
    assert!(!stage.state.members[1].link.worker_bell().is_asleep(), "it is woken");
}

#[test]
fn rule_5_a_new_worker() {
    let mut stage = Stage::new(1, 3, 8);
    stage.occupy(0);
    let _future = stage.basket.submit(|n: u64| n, 7).unwrap();
    stage.basket.entries().into_iter().for_each(|entry| stage.state.queue.push(entry));
    let choice = stage.shared.choose(&mut stage.state, &mut stage.after);
    assert!(matches!(choice, Choice::Start));
    // One is enough for one task, which waits for it.
    stage.add_worker(Phase::Starting);
    let choice = stage.shared.choose(&mut stage.state, &mut stage.after);
    assert!(matches!(choice, Choice::Wait));
}

#[test]
fn rules_6_and_7_ahead_of_time() {
    let mut stage = Stage::new(2, 2, 8);
    stage.occupy(0);
    stage.occupy(1);
    for _ in 0..3 {
        stage.submit();
    }
    assert_eq!((stage.tasks_of(0), stage.tasks_of(1)), (vec![0, 2], vec![1, 3]));
    assert_eq!(stage.queued(), 1);
    assert!(stage.state.saturated);
    assert_eq!(stage.watch(), Some(Watch::Order), "nobody has nothing to do");
}

/// A worker falls idle, or becomes ready, while another has something ahead: half of that, from the end.
#[test]
fn who_has_time_takes_over() {
    let mut stage = Stage::new(1, 2, 8);
    stage.measures(0, SOME);
    stage.occupy(0);
    for _ in 0..7 {
        stage.submit();
    }
    stage.measures(0, SLOW); // the bet is lost
    stage.add_worker(Phase::Ready);
    stage.employ();
    assert_eq!((stage.tasks_of(0), stage.tasks_of(1)), (vec![0, 1, 2, 3], vec![4, 5]));
    assert_eq!(stage.queued(), 2, "in their order");
}

/// What a worker will be through with before another could be is left to it, and looked after.
#[test]
fn what_is_soon_done_stays() {
    let mut stage = Stage::new(1, 2, 8);
    stage.measures(0, TINY);
    stage.occupy(0);
    stage.submit();
    stage.watches_no_more();
    stage.add_worker(Phase::Ready);
    stage.employ();
    assert_eq!((stage.tasks_of(0), stage.tasks_of(1)), (vec![0, 1], vec![]));
    assert_eq!(stage.watch(), Some(Watch::Bet));
    stage.state.members[0].stuck = true; // it was not
    stage.employ();
    assert_eq!((stage.tasks_of(0), stage.tasks_of(1)), (vec![0], vec![1]));
}

/// What is taken back may have been cancelled meanwhile: then somebody has time still, and is not forgotten.
#[test]
fn what_is_taken_back_was_cancelled() {
    let mut stage = Stage::new(1, 2, 8);
    stage.measures(0, SOME);
    stage.occupy(0);
    stage.submit();
    let mut map = stage.basket.map(|n: u64| n, 0..1).unwrap();
    for entry in stage.basket.entries() {
        stage.submitted.push(entry.id());
        stage.shared.accept(&mut stage.state, entry, &mut stage.after);
    }
    assert_eq!(stage.tasks_of(0), [0, 1, 2]);
    map.cancel();
    stage.measures(0, SLOW);
    stage.watches_no_more();
    stage.add_worker(Phase::Ready);
    stage.employ();
    assert_eq!((stage.tasks_of(0), stage.tasks_of(1)), (vec![0, 1], vec![]));
    assert_eq!(
        stage.watch(),
        Some(Watch::Bet),
        "task 1 is behind a slow one, and a worker is idle"
    );
}

/// Quick tasks are ahead of all, and nobody has time: that is no bet, but it is looked after.
#[test]
fn all_are_quick() {
    let mut stage = Stage::busy_with_quick_tasks();
    stage.submit();
    stage.submit();
    assert_eq!((stage.tasks_of(0), stage.tasks_of(1)), (vec![0, 2], vec![1, 3]));
    assert_eq!(stage.watch(), Some(Watch::Order));
}

/// With one worker, what it has ahead has to wait for it anyhow.
#[test]
fn one_is_not_looked_after() {
    let mut stage = Stage::new(1, 1, 8);
    stage.occupy(0);
    stage.submit();
    assert_eq!((stage.tasks_of(0), stage.watch()), (vec![0, 1], None));
}

/// What a long task has ahead is left there until something that was submitted later has begun elsewhere; then it
/// is the next to be handed out.
#[test]
fn what_a_long_task_has_ahead() {
    let mut stage = Stage::busy_with_quick_tasks();
    let limit = stage.state.members[0].quick_limit().unwrap();
    (0..2 * limit + 3).for_each(|_| stage.submit());
    let ahead = |stage: &mut Stage| [0, 1].map(|worker| stage.tasks_of(worker).len() - 1);
    (0..3).for_each(|_| stage.look());
    assert_eq!((ahead(&mut stage), stage.queued()), ([limit, limit], 3));
    assert_eq!(stage.watch(), Some(Watch::Order));
    stage.finishes_oldest(1);
    stage.starts_next(1); // task 3
    assert_eq!((ahead(&mut stage), stage.queued()), ([limit, limit], 2));
    stage.look(); // 2 is overtaken
    assert_eq!((ahead(&mut stage), stage.queued()), ([0, limit], 2 + limit));
    assert_eq!(stage.watch(), Some(Watch::Order));
    stage.finishes_oldest(1);
    assert_eq!(stage.tasks_of(1).last(), Some(&2));
    stage.starts_next(1); // 5
    stage.finishes_oldest(1);
    assert_eq!(stage.tasks_of(1)[limit - 1..], [2, 4]);
    assert_eq!(stage.tasks_of(0), [0], "it is given nothing while it goes on");
}

/// The same, with items of one batch that has been started.
#[test]
fn what_a_long_item_has_ahead() {
    let mut stage = Stage::new(2, 2, 8);
    stage.measures(0, SOME);
    stage.measures(1, SOME);
    let _map = stage.basket.map(|n: u64| n, 0..8).unwrap();
    stage.accept();
    stage.starts_next(0);
    let items = |stage: &Stage| [0, 1].map(|worker| stage.state.members[worker].items);
    let before = items(&stage);
    assert!(before[0] > 1 && before[1] > 0);
    (0..3).for_each(|_| stage.look());
    assert_eq!(items(&stage), before);
    stage.starts_next(1);
    stage.look();
    assert_eq!(items(&stage)[0], 1);
}

/// A pool breaks while a worker that is being killed has something ahead: when that is taken back nobody is started
/// for it, and it fails.
#[test]
fn what_is_ahead_when_the_pool_breaks() {
    let mut stage = Stage::new(2, 2, 8);
    stage.occupy(0);
    stage.occupy(1);
    let future = stage.basket.submit(|n: u64| n, 7).unwrap();
    stage.accept();
    assert_eq!(stage.state.members[0].items, 2);
    stage.state.members.pop(); // it has died, so there could be another
    stage.shared.break_pool(&mut stage.state, BrokenPool::new("a test"), &mut stage.after);
    (0..4).for_each(|_| stage.look());
    assert_eq!((stage.state.members.len(), stage.queued(), stage.watch()), (1, 0, None));
    assert_eq!(stage.tasks_of(0), [0]);
    std::mem::take(&mut stage.after).run(&stage.shared);
    assert!(matches!(future.result(), Err(TaskError::PoolBroken(_))));
}
