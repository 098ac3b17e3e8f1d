"""One repetition of one case of the comparison, on one of Python's pools.

    pools.py KIND START_METHOD CASE WORKERS OPERATIONS BYTES SECONDS
    pools.py version MODULE

START_METHOD may be empty: then it is the default. Prints one line: the value, two numbers besides
(what there is not, or is not known, is "nan"), and the answer, which the caller checks. The cases
are those of `src/cases/`, where it says what is measured. The second form prints the version of a
module, or fails quietly if there is none.
"""

import gc
import importlib
import multiprocessing
import os
import random
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

FEW = 100
LOT = 32
SETTLE = 0.2
NAN = float("nan")


def number(n):
    return n


def add_one(x):
    return x + 1


def echo(data):
    return data


def sleeper(n, seconds):
    time.sleep(seconds)
    return n


def busy(n, seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return n


def who(seconds):
    time.sleep(seconds)
    return os.getpid(), threading.get_ident()


class Executor:
    """`concurrent.futures.ProcessPoolExecutor` with its default chunk size of 1."""

    def __init__(self, workers, context):
        self.workers = workers
        self.pool = ProcessPoolExecutor(workers, mp_context=context)

    def submit(self, f, *arguments):
        return self.pool.submit(f, *arguments)

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


class Threads(Executor):
    """`concurrent.futures.ThreadPoolExecutor`."""

    def __init__(self, workers, _):
        self.pool = ThreadPoolExecutor(workers)


class Loky(Executor):
    """`loky.get_reusable_executor`, which does not reuse what has been shut down.

    By default its workers end when they have had nothing to do for ten seconds; here they stay.
    """

    def __init__(self, workers, context):
        from loky import get_reusable_executor

        self.pool = get_reusable_executor(workers, context=context, timeout=None)


class Pool:
    """`multiprocessing.Pool`."""

    def __init__(self, workers, context):
        self.pool = (context or multiprocessing).Pool(workers)

    def submit(self, f, *arguments):
        return self.pool.apply_async(f, arguments)

    def wait(self, handle):
        return handle.get()

    def map(self, f, items):
        return self.pool.map(f, items)

    def end(self):
        self.pool.close()
        self.pool.join()


class Processes:
    """No pool: a `multiprocessing.Process` per task, which is right if it ends well."""

    def __init__(self, _, context):
        self.context = context or multiprocessing

    def submit(self, f, n):
        process = self.context.Process(target=f, args=(n,))
        process.start()
        return process, n

    def wait(self, handle):
        process, n = handle
        process.join()
        return n if process.exitcode == 0 else 0

    def end(self):
        pass


KINDS = {
    "executor": Executor,
    "executor-chunks": ExecutorChunks,
    "threads": Threads,
    "loky": Loky,
    "pool": Pool,
    "process": Processes,
}


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
    texts = (text for process in descendants() for text in tasks_of(process, "schedstat"))
    return sum(int(text.split()[0]) for text in texts) / 1e9


def resident_bytes():
    """Of this process and its workers; what they share is divided among those who share it.

    "nan" where the system does not tell.
    """
    if not os.path.exists("/proc/self/smaps_rollup"):
        return NAN
    gc.collect()
    total = 0
    for process in [os.getpid(), *descendants()]:
        for line in read(f"/proc/{process}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total += 1024 * int(line.split()[1])
    return total


def descendants():
    found = []
    processes = children_of(os.getpid())
    while processes:
        process = processes.pop()
        found.append(process)
        processes.extend(children_of(process))
    return found


def children_of(process):
    return [int(child) for text in tasks_of(process, "children") for child in text.split()]


def tasks_of(process, file):
    """This file of every thread of a process. One that ends meanwhile has none."""
    directory = f"/proc/{process}/task"
    try:
        threads = os.listdir(directory)
    except (FileNotFoundError, ProcessLookupError):
        return []
    texts = (read(f"{directory}/{thread}/{file}") for thread in threads)
    return [text for text in texts if text]


def read(file):
    """What is in a file about a process; nothing if the process has ended."""
    try:
        with open(file) as opened:
            return opened.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


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
    original = random.Random(size).randbytes(size)
    data = pool.wait(pool.submit(echo, original))
    watch = Stopwatch()
    for _ in range(operations):
        data = pool.wait(pool.submit(echo, data))
    times = watch.per(operations)
    return *times, len(data) if data == original else 0


def latency(pool, seconds, **_):
    latencies, wrong = [], 0
    begin = time.perf_counter()
    long = pool.submit(time.sleep, seconds)
    while not latencies or time.perf_counter() - begin < 0.9 * seconds:
        lot = [(time.perf_counter(), pool.submit(number, n)) for n in range(LOT)]
        for n, (submitted, handle) in enumerate(lot):
            wrong += pool.wait(handle) - n
            latencies.append(time.perf_counter() - submitted)
    pool.wait(long)
    latencies.sort()
    return *(nearest_rank(latencies, percent) for percent in (50, 99, 100)), wrong


def nearest_rank(values, percent):
    """The least of some sorted values that so many percent of them do not exceed."""
    return values[-(-percent * len(values) // 100) - 1]


def all_at_once(f, pool, operations, seconds):
    watch = Stopwatch()
    handles = [pool.submit(f, n, seconds) for n in range(operations)]
    answer = sum(pool.wait(handle) for handle in handles)
    return *watch.per(1), answer


def run_sleeping(pool, operations, seconds, **_):
    return all_at_once(sleeper, pool, operations, seconds)


def run_busy(pool, operations, seconds, **_):
    return all_at_once(busy, pool, operations, seconds)


def memory(pool, workers, operations, seconds, **_):
    begin = time.perf_counter()
    sleepers = [pool.submit(time.sleep, seconds) for _ in range(workers)]
    time.sleep(SETTLE)
    before = resident_bytes()
    handles = [pool.submit(number, n) for n in range(operations)]
    growth = resident_bytes() - before
    # Once a worker is free, there are fewer tasks left than are counted.
    void = time.perf_counter() - begin >= seconds
    for handle in sleepers:
        pool.wait(handle)
    answer = sum(pool.wait(handle) for handle in handles)
    return NAN if void else growth / operations, answer


def idle(pool, operations, seconds, **_):
    answer = sum_of(pool, operations)
    time.sleep(SETTLE)
    watch = Stopwatch()
    time.sleep(seconds)
    _, cpu = watch.per(1)
    return cpu, answer


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


def each(make, operations, **_):
    begin = time.perf_counter()
    pool = make()
    answer = sum_of(pool, operations)
    pool.end()
    return time.perf_counter() - begin, answer


CASES = {
    "round-trip": round_trip,
    "burst": burst,
    "map": run_map,
    "echo": run_echo,
    "latency": latency,
    "sleeping": run_sleeping,
    "busy": run_busy,
    "memory": memory,
    "idle": idle,
}

CASES_THAT_MAKE_POOLS = {"start": start, "each": each}


def version(module):
    try:
        print(importlib.import_module(module).__version__)
    except ImportError:
        sys.exit(1)


def main():
    if sys.argv[1] == "version":
        version(sys.argv[2])
        return
    kind, start_method, case, workers, operations, size, seconds = sys.argv[1:]
    if kind == "process" and case != "each":
        sys.exit("processes without a pool do only the case each")
    context = multiprocessing.get_context(start_method) if start_method else None
    load = {
        "workers": int(workers),
        "operations": int(operations),
        "size": int(size),
        "seconds": float(seconds),
    }

    def make():
        return KINDS[kind](load["workers"], context)

    if case in CASES_THAT_MAKE_POOLS:
        value, *besides, answer = CASES_THAT_MAKE_POOLS[case](make, **load)
    else:
        pool = warm(make, load["workers"])
        value, *besides, answer = CASES[case](pool, **load)
        pool.end()
    besides += [NAN] * (2 - len(besides))
    print(value, *besides, answer)


if __name__ == "__main__":
    if sys.argv[1] == "loky":
        # It sends the functions of a program with every task, but those of a module only by name.
        # No compiled copy of the module is left behind, here or by the workers.
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        importlib.import_module("pools").main()
    else:
        main()
