"""One repetition of one case of the comparison, on what Python's processes share.

Prints one line: the time per operation, "nan", and the answer, which the caller checks. The cases are
those of `src/cases/shared/`, where it says what is measured.
"""

import multiprocessing
import sys
import time


def lock(context, operations, **_):
    lock = context.Lock()
    begin = time.perf_counter()
    for _ in range(operations):
        with lock:
            pass
    return time.perf_counter() - begin, operations, operations


def raise_count(lock, count, ready, go, times):
    ready.release()
    go.wait()
    for _ in range(times):
        with lock:
            count.value += 1


def lock_contended(context, workers, operations, **_):
    times = operations // workers
    lock, count = context.Lock(), context.RawValue("Q", 0)
    ready, go = context.Semaphore(0), context.Event()
    shared = (lock, count, ready, go, times)
    processes = [context.Process(target=raise_count, args=shared) for _ in range(workers)]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    begin = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    return time.perf_counter() - begin, times * workers, count.value


def put_numbers(queue, go, items):
    go.wait()
    for n in range(items):
        queue.put(n)


def put_bytes(queue, go, items, size):
    item = b"\1" * size
    go.wait()
    for _ in range(items):
        queue.put(item)


def queue(context, operations, size, capacity, **_):
    items = operations
    queue, go = context.Queue(min(capacity, 32767)), context.Event()
    if size == 8:
        process = context.Process(target=put_numbers, args=(queue, go, items))
    else:
        process = context.Process(target=put_bytes, args=(queue, go, items, size))
    process.start()
    time.sleep(0.1)
    answer = 0
    begin = time.perf_counter()
    go.set()
    for _ in range(items):
        item = queue.get()
        answer += item if size == 8 else len(item)
    total = time.perf_counter() - begin
    process.join()
    return total, items, answer


def answer(connection):
    try:
        while True:
            connection.send(connection.recv())
    except EOFError:
        pass


def pipe(context, operations, **_):
    ours, theirs = context.Pipe()
    process = context.Process(target=answer, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    ours.send(0)
    ours.recv()
    total = 0
    begin = time.perf_counter()
    for n in range(operations):
        ours.send(n)
        total += ours.recv()
    end = time.perf_counter()
    process.terminate()
    return end - begin, operations, total


def manager_get(context, operations, **_):
    with context.Manager() as manager:
        shared = manager.dict({0: 1})
        total = 0
        begin = time.perf_counter()
        for _ in range(operations):
            total += shared[0]
        return time.perf_counter() - begin, operations, total


def manager_set(context, operations, **_):
    with context.Manager() as manager:
        shared = manager.dict({0: 1})
        begin = time.perf_counter()
        for n in range(operations):
            shared[0] = n
        return time.perf_counter() - begin, operations, shared[0]


def manager_update(context, operations, **_):
    # There is no call that does it at once, so it takes a lock.
    with context.Manager() as manager:
        shared, lock = manager.dict({0: 1}), manager.Lock()
        begin = time.perf_counter()
        for _ in range(operations):
            with lock:
                shared[0] += 1
        return time.perf_counter() - begin, operations, shared[0]


def nothing(_):
    pass


def process(context, operations, **_):
    well = 0
    begin = time.perf_counter()
    for n in range(operations):
        process = context.Process(target=nothing, args=(n,))
        process.start()
        process.join()
        well += process.exitcode == 0
    return time.perf_counter() - begin, operations, well


CASES = {
    "lock": lock,
    "lock-contended": lock_contended,
    "queue": queue,
    "pipe": pipe,
    "manager-get": manager_get,
    "manager-set": manager_set,
    "manager-update": manager_update,
    "process": process,
}


def main():
    start_method, case, workers, operations, size, capacity = sys.argv[1:]
    context = multiprocessing.get_context(start_method or None)
    sizes = {"operations": int(operations), "size": int(size), "capacity": int(capacity)}
    seconds, count, result = CASES[case](context, workers=int(workers), **sizes)
    print(seconds / count, "nan", "nan", result)


if __name__ == "__main__":
    main()
