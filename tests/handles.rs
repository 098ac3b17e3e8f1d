//! Every kind of handle, by every road: one structure with all of them goes to another process as an
//! argument of a task, of a `Process`, back as a result, through a queue, a pipe and a manager, and is
//! used there.

mod support;

use concurrent_futures::process::{
    Barrier, BoundedSemaphore, Condition, Connection, Event, JoinableQueue, Lock, Manager, Process,
    Proxy, Queue, RLock, RawArray, RawValue, Receiver, Semaphore, Sender, SharedArray,
    SharedMemory, SharedValue, SimpleQueue, Value, one_way_pipe, pipe,
};
use concurrent_futures::{Executor, Exit, ProcessPoolExecutor, SharedBytes};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use support::guarded;

/// One of each, on the side that travels.
#[derive(Clone, Serialize, Deserialize)]
struct Everything {
    lock: Lock,
    rlock: RLock,
    semaphore: Semaphore,
    bounded_semaphore: BoundedSemaphore,
    event: Event,
    condition: Condition,
    condition_of_lock: Condition<Lock>,
    barrier: Barrier,
    queues: (Queue<u32>, JoinableQueue<u32>, SimpleQueue<u32>),
    sender: Sender<u32>,
    receiver: Receiver<u32>,
    connection: Connection<u32, u32>,
    /// Somewhere deeper.
    memory: Vec<Option<Memory>>,
    bytes: SharedBytes,
    proxy: Proxy<Value<u32>>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Memory {
    array: SharedArray<u32>,
    value: SharedValue<u32>,
    raw_array: RawArray<u32>,
    raw_value: RawValue<u32>,
    named: SharedMemory,
}

/// What stays here.
struct Here {
    travelling: Everything,
    receiver: Receiver<u32>,
    sender: Sender<u32>,
    connection: Connection<u32, u32>,
}

const LARGE: usize = 300_000;

fn everything(manager: &Manager) -> Here {
    let (sender, receiver) = one_way_pipe().unwrap();
    let (to_them, their_receiver) = one_way_pipe().unwrap();
    let (connection, their_connection) = pipe().unwrap();
    let memory = Memory {
        array: SharedArray::new(10).unwrap(),
        value: SharedValue::new(1).unwrap(),
        raw_array: RawArray::new(10).unwrap(),
        raw_value: RawValue::new(1).unwrap(),
        named: SharedMemory::new(100).unwrap(),
    };
    let travelling = Everything {
        lock: Lock::new().unwrap(),
        rlock: RLock::new().unwrap(),
        semaphore: Semaphore::new(0).unwrap(),
        bounded_semaphore: BoundedSemaphore::new(1).unwrap(),
        event: Event::new().unwrap(),
        condition: Condition::new().unwrap(),
        condition_of_lock: Condition::with_lock(Lock::new().unwrap()).unwrap(),
        barrier: Barrier::new(2).unwrap(),
        queues: (
            Queue::bounded(3).unwrap(),
            JoinableQueue::new().unwrap(),
            SimpleQueue::new().unwrap(),
        ),
        sender,
        receiver: their_receiver,
        connection: their_connection,
        memory: vec![None, Some(memory)],
        bytes: SharedBytes::new(&vec![7; LARGE]),
        proxy: manager.value(1).unwrap(),
    };
    Here { travelling, receiver, sender: to_them, connection }
}

impl Everything {
    /// Uses each of them, on the other side. Waits at most of them for [`Here::answer`].
    fn work(self) {
        self.lock.release().expect("the other side has it");
        let guard = self.rlock.lock().unwrap();
        assert_eq!(self.rlock.depth(), 1);
        drop(guard);
        self.semaphore.release();
        self.bounded_semaphore.acquire();
        self.event.wait();
        let guard = self.condition.lock().unwrap();
        assert_eq!(self.condition.notify_all(), Ok(0));
        drop(guard);
        assert!(self.condition_of_lock.notify_one().is_err(), "it does not have the lock");
        self.barrier.wait().unwrap();
        let (queue, joinable, simple) = &self.queues;
        queue.put(1).unwrap();
        assert_eq!(joinable.get(), Ok(2));
        joinable.task_done().unwrap();
        simple.put(3).unwrap();
        self.sender.send(4).unwrap();
        assert_eq!(self.receiver.recv().unwrap(), 5);
        self.connection.send(self.connection.recv().unwrap() + 1).unwrap();
        for memory in self.memory.iter().flatten() {
            memory.array.lock().unwrap()[9] = 7;
            memory.value.update(|value| *value += 1).unwrap();
            memory.raw_array.set(9, 8).unwrap();
            memory.raw_value.fetch_add(1);
            memory.named.write_at(99, b"!").unwrap();
        }
        assert!(*self.bytes == [7; LARGE]);
        self.proxy.update(|value, by| *value += by, 1).unwrap();
    }
}

impl Here {
    /// The other half of what [`Everything::work`] does.
    fn answer(self) {
        let Self { travelling: ours, receiver, sender, connection } = self;
        let (queue, joinable, simple) = &ours.queues;
        let long = Duration::from_secs(30);
        assert!(ours.lock.acquire_timeout(long).unwrap(), "the other side has released it");
        assert!(ours.semaphore.acquire_timeout(long));
        ours.event.set();
        ours.barrier.wait().unwrap();
        assert_eq!(ours.bounded_semaphore.available_permits(), 0);
        assert_eq!(queue.get_timeout(long), Ok(1));
        joinable.put(2).unwrap();
        joinable.join();
        assert_eq!(simple.get(), Ok(3));
        assert_eq!(receiver.recv_timeout(long).unwrap(), 4);
        sender.send(5).unwrap();
        connection.send(6).unwrap();
        assert_eq!(connection.recv().unwrap(), 7);
        // Who works closes its end of the connection in the end, and so do we.
        let Everything { memory, proxy, connection: theirs, .. } = ours;
        drop(theirs);
        assert!(connection.recv().is_err());
        for memory in memory.iter().flatten() {
            assert_eq!(memory.array.get(9), Some(7));
            assert_eq!(memory.value.get(), 2);
            assert_eq!(memory.raw_array.get(9), Some(8));
            assert_eq!(memory.raw_value.get(), 2);
            assert_eq!(memory.named.to_vec()[99], b'!');
        }
        assert_eq!(proxy.get().unwrap(), 2);
    }
}

/// Lets `send` bring everything to where it is worked with.
fn by<R>(road: &str, send: impl FnOnce(Everything) -> R, end: impl FnOnce(R)) {
    guarded(road, || {
        let manager = Manager::new().unwrap();
        let here = everything(&manager);
        here.travelling.lock.acquire().unwrap();
        let sent = send(here.travelling.clone());
        here.answer();
        end(sent);
    });
}

fn start<A>(f: fn(A), argument: A) -> Process
where
    A: Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    Process::builder().start(f, argument).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "for `by`")]
fn end_well(process: Process) {
    assert_eq!(process.join(), Ok(Exit::Code(0)));
}

#[test]
fn as_the_argument_of_a_process() {
    by("process", |all| start(Everything::work, all), end_well);
}

#[test]
fn as_the_argument_of_a_task() {
    let pool = ProcessPoolExecutor::builder().max_workers(1).build().unwrap();
    by(
        "argument",
        |all| pool.submit(Everything::work, all).unwrap(),
        |task| task.result().unwrap(),
    );
}

#[test]
fn as_an_item_of_a_map() {
    let pool = ProcessPoolExecutor::builder().max_workers(1).build().unwrap();
    by(
        "map",
        |all| pool.map(Everything::work, [all]).unwrap(),
        |results| assert!(results.eq([Ok(())])),
    );
}

#[test]
fn as_the_result_of_a_task() {
    let pool = ProcessPoolExecutor::builder().max_workers(1).build().unwrap();
    by(
        "result",
        |all| {
            let came_back: Everything = pool.submit(|all| all, all).unwrap().result().unwrap();
            std::thread::spawn(|| came_back.work())
        },
        |thread| thread.join().unwrap(),
    );
}

#[test]
fn in_a_queue() {
    let queue = Queue::new().unwrap();
    let process = start(|queue: Queue<Everything>| queue.get().unwrap().work(), queue.clone());
    by("queue", |all| queue.put(all).unwrap(), |()| end_well(process));
}

/// Whoever has put it has ended before anybody takes it.
#[test]
fn in_a_queue_from_one_that_has_ended() {
    let queue = Queue::new().unwrap();
    let put = |(queue, all): (Queue<Everything>, Everything)| queue.put(all).unwrap();
    by(
        "queue",
        |all| {
            end_well(start(put, (queue.clone(), all)));
            start(|queue: Queue<Everything>| queue.get().unwrap().work(), queue.clone())
        },
        end_well,
    );
}

#[test]
fn through_a_pipe() {
    let (sender, receiver) = one_way_pipe().unwrap();
    let process = start(|receiver: Receiver<Everything>| receiver.recv().unwrap().work(), receiver);
    by("pipe", |all| sender.send(all).unwrap(), |()| end_well(process));
}

#[test]
fn in_a_manager() {
    let manager = Manager::new().unwrap();
    let work =
        |value: Proxy<Value<Option<Everything>>>| value.replace(None).unwrap().unwrap().work();
    by("manager", |all| start(work, manager.value(Some(all)).unwrap()), end_well);
}

/// The function works with them in the manager's process.
#[test]
fn as_the_argument_of_a_call() {
    let manager = Manager::new().unwrap();
    let place = manager.value(0).unwrap();
    by(
        "call",
        |all| std::thread::spawn(move || place.call(|_, all: Everything| all.work(), all).unwrap()),
        |thread| thread.join().unwrap(),
    );
}

/// Written down in any other way they are an error that says where they can go.
#[test]
fn nowhere_else() {
    guarded("nowhere_else", || {
        let manager = Manager::new().unwrap();
        let here = everything(&manager);
        let error = serde_json::to_string(&here.travelling).unwrap_err().to_string();
        assert!(error.contains("argument or result of a task"), "{error}");
    });
}
