//! Objects of the user's own types.

use crate::manager;
use crate::support::{eventually, guarded};
use concurrent_futures::process::{ManagerError, Proxy};
use std::cell::RefCell;
use std::sync::Arc;

/// Not serialisable, nor meant to be.
struct Account {
    balance: i64,
    /// Something that cannot travel.
    _busy: std::sync::mpsc::Sender<()>,
}

impl Account {
    fn open(balance: i64) -> Self {
        Self { balance, _busy: std::sync::mpsc::channel().0 }
    }

    fn withdraw(&mut self, amount: i64) -> Result<i64, String> {
        if amount > self.balance {
            return Err(format!("only {} left", self.balance));
        }
        self.balance -= amount;
        Ok(self.balance)
    }

    fn rob(&mut self, (): ()) {
        self.balance = 0;
        panic!("the bank is robbed");
    }

    fn balance(&mut self, (): ()) -> i64 {
        self.balance
    }
}

/// MAN-03: functions are called on an object of a type of one's own; its errors are values, and a panic is
/// reported with what it says, and harms nobody.
#[test]
fn functions_are_called() {
    guarded("functions_are_called", || {
        let manager = manager();
        let account = manager.create(Account::open, 100).unwrap();
        assert_eq!(account.call(Account::withdraw, 30).unwrap(), Ok(70));
        let refused = account.call(Account::withdraw, 80).unwrap();
        assert_eq!(refused, Err("only 70 left".to_owned()));
        let Err(ManagerError::Panicked(report)) = account.call(Account::rob, ()) else {
            panic!("it panicked there")
        };
        assert!(report.to_string().contains("the bank is robbed"), "{report}");
        assert!(report.to_string().contains("objects.rs"), "where: {report}");
        assert_eq!(account.call(Account::balance, ()).unwrap(), 0);
    });
}

/// A constructor that panics leaves no object.
#[test]
fn no_object_is_made() {
    guarded("no_object_is_made", || {
        let manager = manager();
        let made = manager.create(|()| -> u32 { panic!("not today") }, ());
        let Err(ManagerError::Panicked(report)) = made else { panic!("it panicked there") };
        assert!(report.to_string().contains("not today"), "{report}");
        assert_eq!(manager.value(1).unwrap().get().unwrap(), 1);
    });
}

/// What serde refuses.
#[derive(Clone)]
struct Stubborn;

impl serde::Serialize for Stubborn {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no"))
    }
}

impl<'de> serde::Deserialize<'de> for Stubborn {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

/// Arguments and results that do not travel fail their call only.
#[test]
fn values_that_do_not_travel() {
    guarded("values_that_do_not_travel", || {
        let manager = manager();
        let object = manager.create(|()| 5_u32, ()).unwrap();
        let argument = object.call(|_, _: Stubborn| (), Stubborn);
        assert!(matches!(argument, Err(ManagerError::Codec(_))), "{argument:?}");
        let result = object.call(|_, ()| Stubborn, ()).map(|_| ());
        assert!(matches!(result, Err(ManagerError::Codec(_))), "{result:?}");
        assert_eq!(object.call(|number, ()| *number, ()).unwrap(), 5);
    });
}

/// Calls on one object exclude each other, those on different objects do not.
#[test]
fn calls_are_atomic() {
    guarded("calls_are_atomic", || {
        let manager = manager();
        let pair = manager.create(|()| (0_u64, 0_u64), ()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let unequal = pair.call(
                            |pair, ()| {
                                pair.0 += 1;
                                std::thread::yield_now();
                                pair.1 += 1;
                                pair.0 != pair.1
                            },
                            (),
                        );
                        assert!(!unequal.unwrap());
                    }
                });
            }
        });
        assert_eq!(pair.call(|pair, ()| *pair, ()).unwrap(), (3000, 3000));

        // A call that waits for another on a different object.
        let event = concurrent_futures::process::Event::new().unwrap();
        let (waits, sets) =
            (manager.create(|()| (), ()).unwrap(), manager.create(|()| (), ()).unwrap());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                waits.call(
                    |(), event: concurrent_futures::process::Event| event.wait(),
                    event.clone(),
                )
            });
            sets.call(|(), event: concurrent_futures::process::Event| event.set(), event.clone())
                .unwrap();
            waiting.join().unwrap().unwrap();
        });
    });
}

/// Writes into a list when it goes.
struct Mourned(Proxy<Vec<u32>>, u32);

impl Drop for Mourned {
    fn drop(&mut self) {
        let _the_manager_ends = self.0.push(self.1);
    }
}

/// An object goes with its last proxy, and not before; its destructor may use the manager.
#[test]
fn objects_go_with_their_proxies() {
    guarded("objects_go_with_their_proxies", || {
        let manager = manager();
        let list = manager.list::<u32>().unwrap();
        let new = |(list, number)| Mourned(list, number);
        let first = manager.create(new, (list.clone(), 1)).unwrap();
        let second = manager.create(new, (list.clone(), 2)).unwrap();
        let clone = first.clone();
        drop(second);
        eventually("the second is gone", || list.to_vec().unwrap() == [2]);
        drop(first);
        clone.call(|_, ()| (), ()).unwrap();
        assert_eq!(list.to_vec().unwrap(), [2]);
        drop(clone);
        eventually("the first is gone", || list.to_vec().unwrap() == [2, 1]);
    });
}

/// Uses a proxy when it goes.
struct Late(RefCell<Option<Proxy<Vec<u32>>>>);

impl Drop for Late {
    fn drop(&mut self) {
        self.0.take().expect("it was set").push(3).unwrap();
    }
}

thread_local! {
    static LATE: Late = const { Late(RefCell::new(None)) };
}

/// A thread may call until its very end, when its thread-local variables are being dropped.
#[test]
fn calls_at_the_end_of_a_thread() {
    guarded("calls_at_the_end_of_a_thread", || {
        let manager = manager();
        let list = manager.list::<u32>().unwrap();
        let set_late =
            |list: &Proxy<Vec<u32>>| LATE.with(|late| late.0.replace(Some(list.clone())));
        std::thread::scope(|scope| {
            // Those that were used last may go first, or last.
            scope.spawn(|| (set_late(&list), list.push(1).unwrap()));
            scope.spawn(|| (list.push(2).unwrap(), set_late(&list)));
        });
        // The scope does not wait for the destructors.
        eventually("both have called", || list.to_vec().unwrap().iter().sum::<u32>() == 9);
    });
}

/// Proxies are equal if they mean the same object, wherever they come from.
#[test]
fn identity() {
    guarded("identity", || {
        let manager = manager();
        let (one, other) = (manager.value(1).unwrap(), manager.value(1).unwrap());
        assert_eq!(one, one.clone());
        assert_ne!(one, other);
        let kept = manager.value(one.clone()).unwrap();
        assert_eq!(kept.get().unwrap(), one);
        let shared: Arc<_> = Arc::new(one);
        assert!(format!("{shared:?}").contains("Proxy"), "{shared:?}");
    });
}
