"""One repetition of one case of the comparison, on one of Python's process pools.

Prints one line: the value, what there is besides (or "nan"), and the answer, which the caller
checks. The cases are those of `src/cases/process/`, where it says what is measured.
"""

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

FEW = 100
SETTLE = 0.2
NAN = float("nan")


def number(n):
    return n


def add_one(x):
    return x + 1


def echo(data):
    return data


def who(seconds):
    time.sleep(seconds)
    return os.getpid()


class Executor:
    """`concurrent.futures.ProcessPoolExecutor` with its default chunk size of 1."""

    def __init__(self, workers, context):
        self.workers = workers
        self.pool = ProcessPoolExecutor(workers, mp_context=context)

    def submit(self, f, argument):
        return self.pool.submit(f, argument)

    def wait(self, handle):
        return handle.result()

    def map(self, f, items):
        return list(self.pool.map(f, items))

    def end(self):
        self.pool.shutdown()


class ExecutorChunks(Executor):
    """The same with the chunk size that `multiprocessing.Pool` would choose."""

    def map(self, f, items):
        chunksize, rest = divmod(len(items), 4 * self.workers)
        return list(self.pool.map(f, items, chunksize=chunksize + bool(rest)))


class Pool:
    """`multiprocessing.Pool`."""

    def __init__(self, workers, context):
        self.pool = (context or multiprocessing).Pool(workers)

    def submit(self, f, argument):
        return self.pool.apply_async(f, (argument,))

    def wait(self, handle):
        return handle.get()

    def map(self, f, items):
        return self.pool.map(f, items)

    def end(self):
        self.pool.close()
        self.pool.join()


POOLS = {"executor": Executor, "executor-chunks": ExecutorChunks, "pool": Pool}


class Stopwatch:
    """Wall time, and processor time of this process and its workers.

    Asking takes some, so the own time is taken last at the start and first at the end.
    """

    def __init__(self):
        self.others = cpu_time_of_descendants()
        self.own = time.process_time()
        self.wall = time.perf_counter()

    def per(self, operations):
        wall = time.perf_counter() - self.wall
        own = time.process_time() - self.own
        others = cpu_time_of_descendants() - self.others
        return wall / operations, (own + others) / operations


def cpu_time_of_descendants():
    """In seconds, or "nan" where the system does not tell."""
    if not os.path.exists("/proc/self/schedstat"):
        return NAN
    total = 0
    processes = children_of(os.getpid())
    while processes:
        process = processes.pop()
        total += sum(int(text.split()[0]) for text in tasks_of(process, "schedstat"))
        processes.extend(children_of(process))
    return total / 1e9


def children_of(process):
    return [int(child) for text in tasks_of(process, "children") for child in text.split()]


def tasks_of(process, file):
    directory = f"/proc/{process}/task"
    for thread in os.listdir(directory):
        with open(f"{directory}/{thread}/{file}") as opened:
            yield opened.read()


def warm(make, workers):
    pool = make()
    seen = set()
    while len(seen) < workers:
        handles = [pool.submit(who, 0.01) for _ in range(workers)]
        seen.update(pool.wait(handle) for handle in handles)
    for _ in range(10):
        sum_of(pool, FEW)
    return pool


def sum_of(pool, operations):
    handles = [pool.submit(number, n) for n in range(operations)]
    return sum(pool.wait(handle) for handle in handles)


def round_trip(pool, operations, **_):
    watch = Stopwatch()
    answer = sum(pool.wait(pool.submit(number, n)) for n in range(operations))
    return *watch.per(operations), answer


def burst(pool, operations, **_):
    watch = Stopwatch()
    answer = sum_of(pool, operations)
    return *watch.per(operations), answer


def run_map(pool, operations, **_):
    items = list(range(operations))
    watch = Stopwatch()
    results = pool.map(add_one, items)
    times = watch.per(operations)
    assert results == list(range(1, operations + 1)), "in order"
    return *times, sum(results)


def run_echo(pool, operations, size, **_):
    original = bytes((n ^ (n >> 8)) & 255 for n in range(1 << 16)) * (size >> 16)
    data = pool.wait(pool.submit(echo, original))
    watch = Stopwatch()
    for _ in range(operations):
        data = pool.wait(pool.submit(echo, data))
    times = watch.per(operations)
    return *times, len(data) if data == original else 0


def start(make, workers, operations, **_):
    first_total = end_total = answer = 0
    for _ in range(operations):
        begin = time.perf_counter()
        pool = make()
        handles = [pool.submit(number, n) for n in range(workers)]
        answer += pool.wait(handles[0])
        first_total += time.perf_counter() - begin
        answer += sum(pool.wait(handle) for handle in handles[1:])
        pool.end()
        end_total += time.perf_counter() - begin
    return first_total / operations, end_total / operations, answer


def latency(pool, operations, long, **_):
    half = operations // 2
    begin = time.perf_counter()
    handles = [pool.submit(number, n) for n in range(half)]
    among_them = pool.submit(time.sleep, long)
    handles += [pool.submit(number, n) for n in range(half, operations)]
    answer = sum(pool.wait(handle) for handle in handles)
    value = time.perf_counter() - begin
    pool.wait(among_them)
    return value, NAN, answer


def idle(pool, operations, seconds, **_):
    answer = sum_of(pool, operations)
    time.sleep(SETTLE)
    watch = Stopwatch()
    time.sleep(seconds)
    _, cpu = watch.per(1)
    return cpu, NAN, answer


CASES = {
    "round-trip": round_trip,
    "burst": burst,
    "map": run_map,
    "echo": run_echo,
    "latency": latency,
    "idle": idle,
}


def main():
    kind, start_method, case, workers, operations, size, seconds, long = sys.argv[1:]
    workers = int(workers)
    context = multiprocessing.get_context(start_method) if start_method else None

    def make():
        return POOLS[kind](workers, context)

    sizes = {"operations": int(operations), "size": int(size)}
    times = {"seconds": float(seconds), "long": float(long)}
    if case == "start":
        print(*start(make, workers, **sizes))
        return
    pool = warm(make, workers)
    print(*CASES[case](pool, **sizes, **times))
    pool.end()


if __name__ == "__main__":
    main()
