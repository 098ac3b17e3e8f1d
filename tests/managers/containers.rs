//! Dictionaries, lists, sets, values and arrays.

use crate::manager;
use crate::support::guarded;
use concurrent_futures::process::Proxy;
use std::collections::{HashMap, HashSet};

/// MAN-01: a dictionary does what a dictionary does.
#[test]
fn dictionaries() {
    guarded("dictionaries", || {
        let manager = manager();
        let dict = manager.dict::<String, u32>().unwrap();
        let key = |name: &str| name.to_owned();
        assert!(dict.is_empty().unwrap());
        assert_eq!(dict.insert(key("a"), 1).unwrap(), None);
        assert_eq!(dict.insert(key("a"), 2).unwrap(), Some(1));
        dict.extend([(key("b"), 3), (key("c"), 4)]).unwrap();
        assert_eq!(dict.len().unwrap(), 3);
        assert_eq!(dict.get(&key("b")).unwrap(), Some(3));
        assert_eq!(dict.get(&key("z")).unwrap(), None);
        assert_eq!(dict.get_or_insert(key("b"), 9).unwrap(), 3);
        assert_eq!(dict.get_or_insert(key("d"), 9).unwrap(), 9);
        assert_eq!(dict.remove(&key("d")).unwrap(), Some(9));
        assert_eq!(dict.remove(&key("d")).unwrap(), None);
        assert!(dict.contains_key(&key("c")).unwrap());
        assert!(!dict.contains_key(&key("d")).unwrap());
        let mut keys = dict.keys().unwrap();
        keys.sort();
        assert_eq!(keys, ["a", "b", "c"]);
        let mut values = dict.values().unwrap();
        values.sort_unstable();
        assert_eq!(values, [2, 3, 4]);
        let all = HashMap::from([(key("a"), 2), (key("b"), 3), (key("c"), 4)]);
        assert_eq!(dict.to_map().unwrap(), all);
        dict.clear().unwrap();
        assert_eq!(dict.len().unwrap(), 0);
    });
}

/// MAN-02: what is read is a copy; `update` changes what is there.
#[test]
fn copies_and_updates() {
    guarded("copies_and_updates", || {
        let manager = manager();
        let dict = manager.dict::<u8, Vec<u32>>().unwrap();
        dict.insert(1, vec![1]).unwrap();
        let mut copy = dict.get(&1).unwrap().unwrap();
        copy.push(2);
        assert_eq!(dict.get(&1).unwrap().unwrap(), [1]);
        dict.insert(1, copy).unwrap();
        assert_eq!(dict.get(&1).unwrap().unwrap(), [1, 2]);
        dict.update(1, Vec::push, 3).unwrap();
        assert_eq!(dict.get(&1).unwrap().unwrap(), [1, 2, 3]);
        assert_eq!(dict.update(7, Vec::push, 3).unwrap(), None);
        assert!(!dict.contains_key(&7).unwrap());
        let length = |list: &mut Vec<u32>, item| {
            list.push(item);
            list.len()
        };
        assert_eq!(dict.update_or_insert(7, vec![0], length, 3).unwrap(), 2);
        assert_eq!(dict.update_or_insert(7, vec![0], length, 4).unwrap(), 3);
    });
}

/// MAN-01: a list does what a list does, within its bounds.
#[test]
fn lists() {
    guarded("lists", || {
        let manager = manager();
        let list = manager.list::<i64>().unwrap();
        list.push(5).unwrap();
        list.extend([6, 7, 8]).unwrap();
        assert!(list.insert(0, 4).unwrap());
        assert!(list.insert(5, 9).unwrap());
        assert!(!list.insert(7, 0).unwrap());
        assert_eq!(list.to_vec().unwrap(), [4, 5, 6, 7, 8, 9]);
        assert_eq!(list.pop().unwrap(), Some(9));
        assert_eq!(list.remove(1).unwrap(), Some(5));
        assert_eq!(list.remove(4).unwrap(), None);
        assert_eq!(list.set(0, -4).unwrap(), Some(4));
        assert_eq!(list.set(4, 0).unwrap(), None);
        assert_eq!(list.get(0).unwrap(), Some(-4));
        assert_eq!(list.get(9).unwrap(), None);
        let double = |item: &mut i64, ()| *item *= 2;
        assert_eq!(list.update(1, double, ()).unwrap(), Some(()));
        assert_eq!(list.update(9, double, ()).unwrap(), None);
        list.call(|list, ()| list.reverse(), ()).unwrap();
        assert_eq!(list.to_vec().unwrap(), [8, 7, 12, -4]);
        list.clear().unwrap();
        assert!(list.is_empty().unwrap());
        assert_eq!(list.pop().unwrap(), None);
    });
}

/// Sets, values and arrays.
#[test]
fn the_others() {
    guarded("the_others", || {
        let manager = manager();
        let set = manager.set::<u32>().unwrap();
        assert!(set.insert(1).unwrap() && !set.insert(1).unwrap());
        set.extend([2, 3]).unwrap();
        assert!(set.contains(&2).unwrap() && !set.contains(&4).unwrap());
        assert!(set.remove(&2).unwrap() && !set.remove(&2).unwrap());
        assert_eq!(set.to_set().unwrap(), HashSet::from([1, 3]));
        assert_eq!(set.len().unwrap(), 2);
        set.clear().unwrap();
        assert!(set.is_empty().unwrap());

        let value = manager.value("one".to_owned()).unwrap();
        value.set("two".to_owned()).unwrap();
        assert_eq!(value.replace("three".to_owned()).unwrap(), "two");
        let append = |text: &mut String, more: String| {
            text.push_str(&more);
            text.len()
        };
        assert_eq!(value.update(append, "!".to_owned()).unwrap(), 6);
        assert_eq!(value.get().unwrap(), "three!");

        let array = manager.array(1..=4_u16).unwrap();
        assert_eq!((array.len().unwrap(), array.is_empty().unwrap()), (4, false));
        assert_eq!(array.set(3, 40).unwrap(), Some(4));
        assert_eq!(array.set(4, 50).unwrap(), None);
        assert_eq!(array.update(0, |item, by| *item += by, 9).unwrap(), Some(()));
        assert_eq!(array.get(0).unwrap(), Some(10));
        assert_eq!(array.slice(1..3).unwrap(), [2, 3]);
        assert_eq!(array.slice(2..100).unwrap(), [3, 40]);
        assert_eq!(array.to_vec().unwrap(), [10, 2, 3, 40]);
    });
}

/// MAN-01: what is in a container may be another container, which stays there and stays alive.
#[test]
fn containers_in_containers() {
    guarded("containers_in_containers", || {
        let manager = manager();
        let outer = manager.dict::<String, Proxy<Vec<u32>>>().unwrap();
        let inner = manager.list().unwrap();
        inner.push(1).unwrap();
        outer.insert("list".to_owned(), inner.clone()).unwrap();
        assert_eq!(outer.get(&"list".to_owned()).unwrap().as_ref(), Some(&inner));
        drop(inner);
        let again = outer.get(&"list".to_owned()).unwrap().unwrap();
        again.push(2).unwrap();
        let third = outer.get(&"list".to_owned()).unwrap().unwrap();
        assert_eq!(third.to_vec().unwrap(), [1, 2]);
        let queues = manager.list().unwrap();
        queues.push(manager.queue::<u32>(0).unwrap()).unwrap();
        queues.get(0).unwrap().unwrap().put(7).unwrap();
        assert_eq!(queues.get(0).unwrap().unwrap().get().unwrap(), 7);
    });
}

/// Values of any size, there and back.
#[test]
fn large_values() {
    guarded("large_values", || {
        let manager = manager();
        let value = manager.value(Vec::<u8>::new()).unwrap();
        for len in [0, 1, 16_384, 262_140, 262_144, 262_150, 1 << 20, 50 << 20] {
            let bytes: Vec<u8> = (0..len).map(|index: u32| (index % 251) as u8).collect();
            value.set(bytes.clone()).unwrap();
            assert!(value.get().unwrap() == bytes, "{len}");
        }
        let list = manager.list().unwrap();
        list.extend((0..100_000).map(|n| format!("item {n}"))).unwrap();
        assert_eq!(list.get(99_999).unwrap().unwrap(), "item 99999");
        assert_eq!(list.to_vec().unwrap().len(), 100_000);
    });
}
