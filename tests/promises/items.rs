//! Items of a map that are elsewhere.

use crate::support::guarded;
use crate::support::parcel::Batch;
use crate::support::tasks::square;
use crate::tray::Tray;
use concurrent_futures::wire::{Attached, Incoming, OutcomeKind};
use concurrent_futures::{Executor, MapOptions, TaskError};

/// The one batch of a map.
fn only_batch(tray: &Tray) -> Batch {
    let mut batches = tray.take_batches();
    assert_eq!(batches.len(), 1);
    batches.pop().unwrap()
}

/// MAP-01, MAP-05: items are resolved from the front, each by itself; the forgotten ones as well.
#[test]
fn resolved_from_the_front() {
    guarded("resolved_from_the_front", || {
        let tray = Tray::new();
        let map = tray.map(square, 0..5).unwrap();
        let mut batch = only_batch(&tray);
        assert_eq!((batch.items.len(), batch.items.is_empty()), (5, false));
        batch.run_first();
        batch.run_first();
        batch.items.fail_next(TaskError::DeadlineExceeded);
        assert_eq!(batch.items.len(), 2);
        assert!(format!("{:?}", batch.items).ends_with(" 3..5>"), "{:?}", batch.items);
        drop(batch);
        let abandoned = || Err(TaskError::Abandoned);
        assert_eq!(
            map.collect::<Vec<_>>(),
            [Ok(0), Ok(1), Err(TaskError::DeadlineExceeded), abandoned(), abandoned()]
        );
    });
}

/// MAP-01: the order of the results is that of the items, whichever lot is worked on first.
#[test]
fn lots_are_split_off() {
    guarded("lots_are_split_off", || {
        let tray = Tray::new();
        let map = tray.map(square, 0..4).unwrap();
        let mut first = only_batch(&tray);
        let mut second = first.split_off_rest().unwrap();
        let mut third = second.split_off_rest().unwrap();
        assert_eq!((first.items.len(), second.items.len(), third.items.len()), (1, 1, 2));
        assert_eq!(first.items.id(), third.items.id());
        third.run_first();
        first.run_first();
        assert!(first.items.is_empty());
        third.run_first();
        second.run_first();
        assert_eq!(map.collect::<Result<Vec<_>, _>>().unwrap(), [0, 1, 4, 9]);
    });
}

/// Splitting at or beyond the ends gives an empty lot, of which nothing is left to resolve.
#[test]
fn lots_may_be_empty() {
    guarded("lots_may_be_empty", || {
        let tray = Tray::new();
        let map = tray.map(square, 0..2).unwrap();
        let mut all = only_batch(&tray).items;
        assert!(all.split_off(usize::MAX).is_empty() && all.split_off(2).is_empty());
        let mut rest = all.split_off(0);
        assert!(all.is_empty() && rest.len() == 2);
        assert!(!all.complete_next(OutcomeKind::Value, Incoming::private(&[1]), Attached::none()));
        all.fail_next(TaskError::Killed);
        rest.fail_next(TaskError::Killed);
        drop(all);
        assert!(rest.complete_next(OutcomeKind::Value, Incoming::private(&[1]), Attached::none()));
        assert_eq!(map.collect::<Vec<_>>(), [Err(TaskError::Killed), Ok(1)]);
    });
}

/// MAP-05: what is left fails together; bytes that mean nothing fail their item only.
#[test]
fn the_rest_fails() {
    guarded("the_rest_fails", || {
        let tray = Tray::new();
        let map = tray.map(|n: u8| Some(n), 0..4).unwrap();
        let mut items = only_batch(&tray).items;
        assert!(!items.complete_next(
            OutcomeKind::Value,
            Incoming::private(&[9]),
            Attached::none()
        ));
        assert!(items.complete_next(OutcomeKind::Value, Incoming::private(&[0]), Attached::none()));
        items.fail_all(&TaskError::ShutDown);
        let outcomes: Vec<_> = map.collect();
        assert!(matches!(outcomes[0], Err(TaskError::Codec(_))));
        let shut_down = || Err(TaskError::ShutDown);
        assert_eq!(outcomes[1..], [Ok(None), shut_down(), shut_down()]);
    });
}

/// SHUT-07: items that an executor cancels are cancelled; nobody had asked for it.
#[test]
fn the_rest_is_cancelled() {
    guarded("the_rest_is_cancelled", || {
        let tray = Tray::new();
        let map = tray.map(square, 2..4).unwrap();
        let mut batch = only_batch(&tray);
        batch.run_first();
        assert!(!batch.items.is_cancelled());
        batch.items.cancel();
        assert_eq!(map.collect::<Vec<_>>(), [Ok(4), Err(TaskError::Cancelled)]);
    });
}

/// MAP-08: a cancelled map tells whoever has items of it.
#[test]
fn cancellation_is_seen() {
    guarded("cancellation_is_seen", || {
        let tray = Tray::new();
        let mut map = tray.map(square, 0..4).unwrap();
        let mut batch = only_batch(&tray);
        let rest = batch.split_off_rest().unwrap();
        map.cancel();
        assert!(batch.items.is_cancelled() && rest.items.is_cancelled());
        batch.run_first();
        rest.items.cancel();
        assert_eq!(map.next(), None);
    });
}

/// MAP-01: an unordered map is in the order of completion.
#[test]
fn unordered_lots() {
    guarded("unordered_lots", || {
        let tray = Tray::new();
        let options = MapOptions::new().unordered().with_chunksize(3);
        let map = tray.map_with(square, 0..3, options).unwrap();
        let mut first = only_batch(&tray);
        assert_eq!(first.items.chunksize(), Some(3));
        let mut rest = first.split_off_rest().unwrap();
        rest.run_first();
        first.run_first();
        rest.run_first();
        assert_eq!(map.collect::<Result<Vec<_>, _>>().unwrap(), [1, 0, 4]);
    });
}
