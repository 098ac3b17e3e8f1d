//! Arrays and values, with and without a lock.

use crate::pool;
use crate::support::guarded;
use bytemuck::{Pod, Zeroable};
use concurrent_futures::process::{OutOfRange, RawArray, RawValue, SharedArray, SharedValue};
use concurrent_futures::{Executor, ProcessPoolExecutor, TaskError};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// One of each kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
struct Four<T: Pod> {
    value: SharedValue<T>,
    raw_value: RawValue<T>,
    array: SharedArray<T>,
    raw_array: RawArray<T>,
}

impl<T: Pod + PartialEq + Debug> Four<T> {
    fn new(first: T) -> Self {
        Self {
            value: SharedValue::new(first).unwrap(),
            raw_value: RawValue::new(first).unwrap(),
            array: SharedArray::new(10).unwrap(),
            raw_array: RawArray::new(10).unwrap(),
        }
    }

    fn check(&self, value: T, third: T) {
        assert_eq!((self.value.get(), self.raw_value.get()), (value, value));
        let mut expected = [T::zeroed(); 10];
        expected[3] = third;
        assert_eq!(*self.array.lock().unwrap(), expected);
        assert_eq!(self.raw_array.to_vec(), expected);
    }
}

fn write<T: Pod + PartialEq + Debug>((four, value): (Four<T>, T)) {
    four.value.set(value);
    four.raw_value.set(value);
    four.array.set(3, value).unwrap();
    four.raw_array.set(3, value).unwrap();
}

fn written_by_a_child<T>(pool: &ProcessPoolExecutor, first: T, second: T)
where
    T: Pod + PartialEq + Debug + Send + Sync + Serialize + for<'de> Deserialize<'de>,
{
    let four = Four::new(first);
    four.check(first, T::zeroed());
    pool.submit(write::<T>, (four.clone(), second)).unwrap().result().unwrap();
    four.check(second, second);
    // And the other way round: what is written here is seen there.
    write((four.clone(), first));
    let look = |(four, first): (Four<T>, T)| four.check(first, first);
    pool.submit(look, (four, first)).unwrap().result().unwrap();
}

#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable, Serialize, Deserialize)]
#[repr(C)]
struct Particle {
    place: [f64; 3],
    charge: i32,
    kind: [u8; 4],
}

/// SHM-01, SHM-02
#[test]
fn all_types() {
    guarded("all_types", || {
        let pool = pool(1);
        written_by_a_child::<u8>(&pool, 1, u8::MAX);
        written_by_a_child::<i16>(&pool, -1, i16::MIN);
        written_by_a_child::<u32>(&pool, 1, u32::MAX);
        written_by_a_child::<i64>(&pool, -1, i64::MIN);
        written_by_a_child::<u128>(&pool, 1, u128::MAX);
        written_by_a_child::<f32>(&pool, 0.5, f32::MIN_POSITIVE);
        written_by_a_child::<f64>(&pool, -0.5, f64::INFINITY);
        written_by_a_child::<[u8; 3]>(&pool, [1, 2, 3], [9; 3]);
        let here = Particle { place: [1.0, 2.0, 3.0], charge: -1, kind: *b"elec" };
        let there = Particle { place: [4.0; 3], charge: 1, kind: *b"prot" };
        written_by_a_child(&pool, here, there);
    });
}

/// SHM-02
#[test]
fn parts_of_arrays() {
    let array = SharedArray::try_from_iter(0..10_u16).unwrap();
    assert_eq!((array.len(), array.is_empty()), (10, false));
    let mut items = array.lock().unwrap();
    items[2..5].fill(100);
    items.reverse();
    drop(items);
    let expected = [9, 8, 7, 6, 5, 100, 100, 100, 1, 0];
    assert_eq!(array.to_vec(), expected);
    let raw = RawArray::from_slice(&expected).unwrap();
    for (start, count) in [(0, 0), (0, 10), (3, 4), (9, 1), (10, 0)] {
        let (mut ours, mut raws) = (vec![1; count], vec![1; count]);
        array.copy_to(start, &mut ours).unwrap();
        raw.copy_to(start, &mut raws).unwrap();
        assert_eq!(
            (&ours[..], &raws[..]),
            (&expected[start..][..count], &expected[start..][..count])
        );
    }
    array.copy_from(7, &[1, 2, 3]).unwrap();
    raw.copy_from(7, &[1, 2, 3]).unwrap();
    assert_eq!(array.to_vec()[6..], [100, 1, 2, 3]);
    assert_eq!(raw.to_vec()[6..], [100, 1, 2, 3]);
}

/// SHM-02: what is not there is an error, and nothing is touched.
#[test]
fn outside_of_arrays() {
    let array = SharedArray::from_slice(&[1_u8, 2, 3]).unwrap();
    let raw = RawArray::from_slice(&[1_u8, 2, 3]).unwrap();
    assert_eq!((array.get(2), array.get(3), array.get(usize::MAX)), (Some(3), None, None));
    assert_eq!((raw.get(2), raw.get(3), raw.get(usize::MAX)), (Some(3), None, None));
    for (start, count) in [(3, 1), (0, 4), (2, 2), (usize::MAX, 1), (usize::MAX, 2)] {
        let error = OutOfRange { start, count, len: 3 };
        let mut into = vec![9; count];
        assert_eq!(array.copy_to(start, &mut into), Err(error));
        assert_eq!(raw.copy_to(start, &mut into), Err(error));
        assert_eq!(array.copy_from(start, &into), Err(error));
        assert_eq!(raw.copy_from(start, &into), Err(error));
        assert_eq!(into, vec![9; count]);
    }
    assert!(array.set(3, 1).is_err() && raw.set(3, 1).is_err());
    assert_eq!((raw.fetch_add(3, 1), raw.fetch_add(2, 1)), (None, Some(3)));
    assert_eq!((array.to_vec(), raw.to_vec()), (vec![1, 2, 3], vec![1, 2, 4]));
    let text = OutOfRange { start: 2, count: 2, len: 3 }.to_string();
    assert_eq!(text, "2 from index 2 on are not in a range of 3");
}

/// SHM-02.
#[test]
fn empty_arrays() {
    guarded("empty_arrays", || {
        let pool = pool(1);
        let empty = (SharedArray::<u32>::new(0).unwrap(), RawArray::<u32>::new(0).unwrap());
        let look = |(array, raw): (SharedArray<u32>, RawArray<u32>)| {
            array.is_empty() && raw.is_empty() && array.lock().unwrap().is_empty()
        };
        assert_eq!(pool.submit(look, empty).unwrap().result(), Ok(true));
        let nothings = SharedArray::<[u8; 0]>::new(5).unwrap();
        assert_eq!(nothings.lock().unwrap().len(), 5);
    });
}

/// SHM-02: more than there can be is an error of the one who asks.
#[test]
fn too_much() {
    for len in [usize::MAX, usize::MAX / 8, isize::MAX as usize / 8] {
        assert!(SharedArray::<u64>::new(len).is_err());
        assert!(RawArray::<u64>::new(len).is_err());
    }
}

/// SHM-04: a copy is another array; a clone is the same one.
#[test]
fn copies_and_clones() {
    let array = SharedArray::from_slice(&[1, 2, 3]).unwrap();
    let clone = array.clone();
    let copy = SharedArray::from_slice(&array.lock().unwrap()).unwrap();
    array.set(0, 9).unwrap();
    assert_eq!((clone.get(0), copy.get(0)), (Some(9), Some(1)));
}

/// SHM-03: reading and then writing is two steps; `update`, a guard, and the `fetch_` methods are one.
#[test]
fn one_step_or_two() {
    const TIMES: u32 = 2000;

    fn count((four, array): (Four<u32>, SharedArray<[u32; 2]>)) {
        for _ in 0..TIMES {
            four.value.update(|n| *n += 1).unwrap();
            four.raw_value.fetch_add(1);
            four.raw_array.fetch_add(9, 1).unwrap();
            four.raw_array.fetch_update(8, |n| n.checked_sub(1)).unwrap().unwrap();
            let mut items = array.lock().unwrap();
            let old = items[0][0];
            items[0][0] = old + 1;
            items[1][1] = old + 1;
        }
    }

    guarded("one_step_or_two", || {
        let value = SharedValue::new(1).unwrap();
        let other = value.clone();
        let read = value.get();
        other.update(|n| *n += 10).unwrap();
        value.set(read + 1);
        assert_eq!(value.get(), 2, "the other's update is lost");

        let four = Four::new(0);
        four.raw_array.set(8, 8 * TIMES).unwrap();
        let array = SharedArray::new(2).unwrap();
        // Four processes with two threads each.
        let pool =
            ProcessPoolExecutor::builder().max_workers(4).threads_per_worker(2).build().unwrap();
        let arguments = vec![(four.clone(), array.clone()); 8];
        pool.map(count, arguments).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        let all = 8 * TIMES;
        assert_eq!((four.value.get(), four.raw_value.get()), (all, all));
        assert_eq!((four.raw_array.get(9), four.raw_array.get(8)), (Some(all), Some(0)));
        assert_eq!(array.to_vec(), [[all, 0], [0, all]]);
    });
}

/// SHM-03: the other operations on integers.
#[test]
fn integers() {
    let value = RawValue::new(5_i16).unwrap();
    assert_eq!((value.fetch_sub(7), value.get()), (5, -2));
    assert_eq!((value.fetch_max(3), value.fetch_max(1)), (-2, 3));
    assert_eq!((value.fetch_min(-4), value.fetch_min(9)), (3, -4));
    assert_eq!((value.swap(i16::MAX), value.fetch_add(1), value.get()), (-4, i16::MAX, i16::MIN));
    assert_eq!(value.compare_exchange(0, 1), Err(i16::MIN));
    assert_eq!(value.compare_exchange(i16::MIN, 1), Ok(i16::MIN));
    assert_eq!(value.fetch_update(|n| n.checked_mul(6)), Ok(1));
    assert_eq!(value.fetch_update(|_| None), Err(6));
    assert_eq!(format!("{value:?}"), "RawValue(6)");
}

/// The memory outlives whoever made it, and the pool.
#[test]
fn made_in_a_worker() {
    guarded("made_in_a_worker", || {
        let pool = pool(1);
        let make = |n: u64| SharedArray::try_from_iter(0..n).unwrap();
        let array = pool.submit(make, 1000).unwrap().result().unwrap();
        drop(pool);
        assert_eq!(array.lock().unwrap().iter().sum::<u64>(), 499_500);
    });
}

/// SHM-09 (an extra): a handle that is taken for another fails its own task, and nothing else.
#[test]
fn taken_for_another() {
    #[derive(Clone, Serialize, Deserialize)]
    enum Disguised {
        Plain(RawArray<u64>),
    }
    #[derive(Serialize, Deserialize)]
    struct Pair<A, B>(A, B);

    guarded("taken_for_another", || {
        let pool = pool(1);
        let array = RawArray::<u64>::new(2).unwrap();
        // A task that sends back what it was given, as bytes of a type of another shape would be read.
        let back = pool.submit(|given: Disguised| given, Disguised::Plain(array)).unwrap();
        let Disguised::Plain(array) = back.result().unwrap();
        assert_eq!(array.len(), 2);
        let alone = serde_json::to_string(&Pair(1, &array)).unwrap_err().to_string();
        assert!(alone.contains("can only be part of an argument or result"), "{alone}");
        let nowhere = serde_json::from_str::<SharedValue<u8>>("0").unwrap_err().to_string();
        assert!(nowhere.contains("did not come along"), "{nowhere}");
    });
}

/// Errors of tasks can be made of what a lock says.
#[test]
fn errors_travel() {
    guarded("errors_travel", || {
        let outside = |array: RawArray<u8>| match array.set(5, 1) {
            Ok(()) => String::new(),
            Err(error) => error.to_string(),
        };
        let array = RawArray::new(5).unwrap();
        let text = pool(1).submit(outside, array).unwrap().result();
        assert_eq!(
            text,
            Ok::<_, TaskError>("1 from index 5 on are not in a range of 5".to_owned())
        );
    });
}
