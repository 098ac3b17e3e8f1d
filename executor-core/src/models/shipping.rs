//! A task on its way out, and somebody who wants to cancel it.

use super::explore;
use crate::home::{self, Home, Recalled};
use crate::wire::{Attached, Incoming, OutcomeKind, write_to};
use crate::{Departed, ExecutorId, FutureId, RemoteTask, Task, TaskError};
use loom::sync::Mutex;
use loom::thread;
use std::sync::Arc;

/// Where the one task is.
enum Place {
    OnTheWay,
    Queued(RemoteTask),
    Taken,
}

/// An executor that can be asked about it.
struct Outpost(Mutex<Place>);

impl Outpost {
    fn take(&self) -> Place {
        let mut place = self.0.lock().unwrap();
        match *place {
            Place::OnTheWay => Place::OnTheWay,
            _ => std::mem::replace(&mut *place, Place::Taken),
        }
    }
}

impl Home for Outpost {
    fn recall(&self, _task: FutureId) -> Recalled {
        match self.take() {
            Place::OnTheWay => Recalled::Elsewhere,
            Place::Queued(task) => Recalled::Task(task),
            Place::Taken => Recalled::Started,
        }
    }

    fn look(&self, _task: FutureId) {}

    fn kill(&self, _task: FutureId) -> bool {
        false
    }

    fn assist(&self, _task: FutureId, _over: &dyn Fn() -> bool) -> bool {
        false
    }
}

#[test]
fn cancel_races_with_shipping() {
    explore("cancel_races_with_shipping", || {
        let id = ExecutorId::next();
        let outpost = Arc::new(Outpost(Mutex::new(Place::OnTheWay)));
        let home: Arc<dyn Home> = Arc::clone(&outpost) as _;
        home::register(id, Arc::downgrade(&home));
        let (task, future) = Task::portable(|n: u8| n, 7);
        task.set_home(id);
        let encoded = write_to(&mut Vec::new(), |output| task.encode(output)).unwrap();
        let Departed::One(remote) = encoded.departed else { panic!("one was sent") };
        let executor = thread::spawn(move || {
            if remote.ship() {
                *outpost.0.lock().unwrap() = Place::Queued(remote);
            }
            if let Place::Queued(remote) = outpost.take() {
                assert!(remote.complete(
                    OutcomeKind::Value,
                    Incoming::private(&[7]),
                    Attached::none()
                ));
            }
        });
        match future.cancel() {
            true => assert_eq!(future.result(), Err(TaskError::Cancelled)),
            false => assert_eq!(future.result(), Ok(7)),
        }
        executor.join().unwrap();
        home::unregister(id);
    });
}
