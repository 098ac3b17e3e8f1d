//! Tests of the depots, and of the parcels that may end there.

use super::*;
use crate::transport::noise::Noise;
use executor_core::wire::Output;

fn depot() -> (Arc<Depot>, DepotReader) {
    let depot = Depot::new(MemoryFile::create(0).unwrap());
    let reader = DepotReader::new(MemoryFile::open(depot.file().location()).unwrap());
    (depot, reader)
}

fn read(reader: &mut DepotReader, offset: u64, len: usize) -> Vec<u8> {
    let map = reader.find(offset, len as u64).unwrap();
    assert!(len <= map.len());
    // SAFETY: so many bytes are mapped, and nobody writes to them now.
    unsafe { std::slice::from_raw_parts(map.as_ptr(), len) }.to_vec()
}

#[test]
fn what_is_stored_is_found() {
    let ((depot, mut reader), mut noise) = (depot(), Noise::new(1));
    let mut kept = Vec::new();
    for len in [0, 1, MIN_SEGMENT - 1, MIN_SEGMENT, MIN_SEGMENT + 1, 3 << 20] {
        let bytes = noise.bytes(len);
        let segment = depot.store(&bytes).unwrap();
        assert_eq!(read(&mut reader, segment.offset(), len), bytes);
        assert_eq!(segment.bytes(len), bytes);
        kept.push((segment, bytes));
    }
    for (segment, bytes) in &kept {
        assert_eq!(read(&mut reader, segment.offset(), bytes.len()), *bytes);
    }
}

#[test]
fn segments_are_used_again() {
    let (depot, mut reader) = depot();
    let first = depot.store(&[1; 1000]).unwrap();
    let offset = first.offset();
    drop(first);
    let second = depot.store(&[2; MIN_SEGMENT]).unwrap();
    assert_eq!(second.offset(), offset);
    assert_ne!(depot.store(&[3]).unwrap().offset(), offset);
    assert_eq!(read(&mut reader, offset, MIN_SEGMENT), vec![2; MIN_SEGMENT]);
}

/// A segment may first hold less than half of what there is room for.
#[test]
fn a_segment_is_found_with_more_in_it_than_before() {
    let (depot, mut reader) = depot();
    for len in [20, 200_000, 20, 1_000_000, MIN_SEGMENT] {
        let mut segment = depot.allocate(1_000_000).unwrap();
        assert_eq!(segment.offset(), 0);
        // SAFETY: our own room, which is longer.
        unsafe { segment.room().start.write_bytes(len as u8, len) };
        assert_eq!(read(&mut reader, 0, len), vec![len as u8; len]);
    }
}

#[test]
fn too_much_unused_memory_is_given_back() {
    let (depot, _) = depot();
    let size = 16 << 20;
    let count = KEEP / size + 4;
    let segments = (0..count).map(|_| depot.allocate(size as usize).unwrap()).collect::<Vec<_>>();
    drop(segments);
    assert_eq!(depot.state.lock().kept, KEEP);
    let segments = (0..count).map(|_| depot.allocate(size as usize).unwrap()).collect::<Vec<_>>();
    assert_eq!(depot.state.lock().kept, 0);
    assert_eq!(depot.state.lock().segments as u64, count);
    drop(segments);
    assert_eq!(depot.state.lock().kept, KEEP);
}

/// Whatever sizes there have been, what nobody uses takes few addresses: fewer in all than there are of
/// 32 bits, many times over.
#[test]
fn too_many_unused_addresses_are_given_back() {
    let (depot, _) = depot();
    for megabytes in (200..1000).step_by(50) {
        drop(depot.allocate(megabytes << 20).unwrap());
        let state = depot.state.lock();
        let unused =
            state.free.iter().flat_map(|(&size, all)| all.iter().map(move |one| (size, one)));
        let mapped: usize = unused.filter(|(_, one)| one.map.is_some()).map(|(size, _)| size).sum();
        assert_eq!(mapped as u64, state.kept);
        assert!(state.kept <= KEEP);
    }
    // It is mapped again when it is used again.
    let end = depot.state.lock().end;
    let again = depot.allocate(950 << 20).unwrap();
    assert!(again.offset() < end && depot.state.lock().end == end);
}

#[test]
fn unused_segments_make_way_for_others() {
    let (depot, mut reader) = depot();
    let all = (0..MAX_SEGMENTS).map(|_| depot.allocate(1).unwrap()).collect::<Vec<_>>();
    assert!(depot.allocate(1).is_err());
    assert!(depot.allocate(1 << 20).is_err());
    drop(all);
    let other = depot.store(&[5; 1 << 20]).unwrap();
    assert_eq!(read(&mut reader, other.offset(), 1 << 20), vec![5; 1 << 20]);
    let state = depot.state.lock();
    assert_eq!(state.segments, MAX_SEGMENTS);
    assert_eq!(state.free.values().map(Vec::len).sum::<usize>(), MAX_SEGMENTS - 1);
}

#[test]
fn more_than_there_is_memory_is_an_error() {
    let (depot, _) = depot();
    for len in [usize::MAX, usize::MAX / 2 + 1, isize::MAX as usize] {
        assert!(depot.allocate(len).is_err(), "{len}");
    }
    assert!(depot.store(b"still works").is_ok());
}

#[test]
fn a_wild_offset_or_length_is_an_error() {
    let (depot, mut reader) = depot();
    let segment = depot.store(&[1; 1000]).unwrap();
    let end = MIN_SEGMENT as u64;
    for (offset, len) in [
        (0, end + 1),
        (0, u64::MAX),
        (0, 1 << 63),
        (0, (1 << 63) + 1),
        (end, 0),
        (end, 1),
        (1, end),
        (end - 1, 1),
        (end - 4096, 4096),
        (u64::MAX, 0),
        (u64::MAX, u64::MAX),
        (u64::MAX - end + 1, 1),
        (u64::MAX - 4095, end),
        (1 << 63, 1),
    ] {
        assert!(reader.find(offset, len).is_err(), "{len} bytes at {offset}");
    }
    let mut noise = Noise::new(2);
    for _ in 0..10_000 {
        let wild = [0, end, noise.next(), noise.below(2 * end), 0_u64.wrapping_sub(noise.below(9))];
        let (offset, len) = (noise.of(&wild), noise.of(&wild));
        if let Ok(map) = reader.find(offset, len) {
            assert!(offset.checked_add(map.len() as u64).unwrap() <= end);
            assert!(len <= map.len() as u64);
        }
    }
    assert_eq!(read(&mut reader, segment.offset(), 1000), [1; 1000]);
}

#[test]
fn a_reader_keeps_only_so_many_mappings() {
    let (depot, mut reader) = depot();
    let _somebody_has_written = depot.store(&[0]).unwrap();
    depot.file().set_len(1 << 30).unwrap();
    let first = reader.find(0, 1).unwrap();
    for offset in 0..3 * MAX_MAPS as u64 {
        reader.find(offset * 16, 1).unwrap();
        assert!(reader.maps.len() <= MAX_MAPS);
    }
    // SAFETY: it is mapped for as long as we hold it.
    assert_eq!(unsafe { first.as_ptr().read_volatile() }, 0);
}

/// More than there are addresses of 32 bits, one after the other.
#[test]
fn a_reader_keeps_only_so_much_mapped() {
    let (depot, mut reader) = depot();
    let len = 200 << 20;
    let segment = depot.store(&vec![7; len]).unwrap();
    depot.file().set_len(1 << 40).unwrap();
    for round in 0..30 {
        let map = reader.find(segment.offset() + (round << 16), len as u64).unwrap();
        // SAFETY: it is mapped for as long as we hold it.
        assert_eq!(unsafe { map.as_ptr().read_volatile() }, 7);
        let mapped: usize = reader.maps.values().map(|map| map.len()).sum();
        assert_eq!(mapped, reader.mapped);
        assert!(mapped <= MAX_MAPPED.max(map.len()));
    }
}

const LIMIT: usize = 1000;

/// What is in a parcel.
fn opened(packed: Packed<'_>, reader: &mut DepotReader) -> (bool, Vec<u8>) {
    match packed {
        Packed::Small(bytes) => (false, bytes.to_vec()),
        Packed::Large(segment, len) => (true, read(reader, segment.offset(), len)),
    }
}

/// One parcel for one value after the other.
#[test]
fn parcels_of_all_sizes() {
    let ((depot, mut reader), mut noise) = (depot(), Noise::new(3));
    let mut parcel = Parcel::new(vec![9; 10], &depot, LIMIT);
    let around = |size: usize| size - 3..=size + 3;
    let sizes = (0..50).chain(around(LIMIT)).chain(around(MIN_SEGMENT)).chain([3_000_000]);
    for len in sizes {
        let bytes = noise.bytes(len);
        // In one piece, in small ones, and byte by byte.
        for piece in [len.max(1), 333, 1] {
            let mut output = Output::new(&mut parcel);
            for piece in bytes.chunks(piece) {
                match piece {
                    [byte] => output.push(*byte).unwrap(),
                    bytes => output.extend(bytes).unwrap(),
                }
            }
            let written = output.len();
            let found = opened(parcel.pack(written), &mut reader);
            assert!(found == (len > LIMIT, bytes.clone()), "{len} bytes, {piece} at a time");
        }
    }
    assert!(parcel.into_buffer().capacity() >= LIMIT);
    let state = depot.state.lock();
    let free = state.free.values().map(Vec::len).sum::<usize>();
    assert_eq!(free, state.segments, "all segments have been given back");
}

#[test]
fn what_was_truncated_can_be_written_again() {
    let (depot, mut reader) = depot();
    let mut parcel = Parcel::new(Vec::new(), &depot, LIMIT);
    for before in [0, 10, LIMIT, LIMIT + 1, 300_000] {
        for after in [0, 5, LIMIT, LIMIT + 1, 200_000, 600_000] {
            let mut output = Output::new(&mut parcel);
            output.extend(&vec![1; before]).unwrap();
            output.truncate(before / 2);
            output.extend(&vec![2; after]).unwrap();
            let len = output.len();
            let expected = [vec![1; before / 2], vec![2; after]].concat();
            let (_, found) = opened(parcel.pack(len), &mut reader);
            assert!(found == expected, "{before} bytes, then {after}");
        }
    }
}

#[test]
fn a_value_that_is_given_up_leaves_nothing() {
    let (depot, mut reader) = depot();
    let mut parcel = Parcel::new(Vec::new(), &depot, LIMIT);
    Output::new(&mut parcel).extend(&[1; 5 * LIMIT]).unwrap();
    let mut output = Output::new(&mut parcel);
    output.extend(b"another").unwrap();
    let len = output.len();
    assert_eq!(opened(parcel.pack(len), &mut reader), (false, b"another".to_vec()));
}

#[test]
fn a_depot_that_refuses_leaves_what_there_is() {
    let (depot, mut reader) = depot();
    depot.state.lock().segments = MAX_SEGMENTS;
    let mut parcel = Parcel::new(Vec::new(), &depot, LIMIT);
    let mut output = Output::new(&mut parcel);
    output.extend(&[1; 600]).unwrap();
    let refused = output.extend(&[2; 600]).unwrap_err();
    assert!(refused.0.contains("1200 bytes"), "{refused}");
    output.truncate(300);
    output.extend(b"why").unwrap();
    let len = output.len();
    let expected = [&[1; 300][..], b"why"].concat();
    assert_eq!(opened(parcel.pack(len), &mut reader), (false, expected));
}

#[test]
fn a_depot_that_refuses_to_grow_leaves_the_segment() {
    let (depot, mut reader) = depot();
    let mut parcel = Parcel::new(Vec::new(), &depot, LIMIT);
    let mut output = Output::new(&mut parcel);
    output.extend(&[1; MIN_SEGMENT]).unwrap();
    depot.state.lock().segments = MAX_SEGMENTS;
    assert!(output.push(2).is_err());
    output.truncate(2000);
    output.extend(b"why").unwrap();
    let len = output.len();
    let expected = [&[1; 2000][..], b"why"].concat();
    assert_eq!(opened(parcel.pack(len), &mut reader), (true, expected));
}

/// Whoever makes the file long has not written to it.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[test]
fn what_nobody_has_written_is_not_read() {
    let (depot, mut reader) = depot();
    depot.file().set_len(1 << 40).unwrap();
    let segment = depot.store(&[1; 300_000]).unwrap();
    assert_eq!(read(&mut reader, segment.offset(), 300_000), [1; 300_000]);
    for len in [10 << 20, 1 << 30, 1 << 39] {
        assert!(reader.find(0, len).is_err(), "{len}");
    }
}
