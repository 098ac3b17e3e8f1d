//! The runs: each a plan, which says everything.

use crate::plan::{Ending, Plan};
use crate::run::run;
use concurrent_futures::process::OnWorkerDeath;

/// BRK-01, BRK-02: the full number, nothing but deaths.
#[test]
fn workers_are_killed() {
    run(&Plan { name: "workers_are_killed", tasks: 20_000, kills: 200, ..Plan::default() });
}

/// The pool cannot tell that a worker dies at each step of its start, except by its end.
#[test]
fn workers_die_in_the_initializer() {
    run(&Plan {
        name: "workers_die_in_the_initializer",
        stillborn: 250,
        kills: 40,
        ..Plan::default()
    });
}

/// So often that the pool breaks sooner or later.
#[test]
fn workers_mostly_die_in_the_initializer() {
    run(&Plan {
        name: "workers_mostly_die_in_the_initializer",
        stillborn: 800,
        kills: 40,
        ..Plan::default()
    });
}

#[test]
fn workers_live_for_one_task() {
    run(&Plan {
        name: "workers_live_for_one_task",
        tasks: 300,
        kills: 20,
        max_tasks_per_child: Some(1),
        ..Plan::default()
    });
}

#[test]
fn workers_live_for_a_few_tasks() {
    for tasks in 2..=5 {
        run(&Plan {
            name: "workers_live_for_a_few_tasks",
            tasks: 300,
            kills: 10,
            max_tasks_per_child: Some(tasks),
            cancels: 50,
            ..Plan::default()
        });
    }
}

#[test]
fn tasks_are_cancelled() {
    run(&Plan { name: "tasks_are_cancelled", cancels: 300, ..Plan::default() });
}

/// Without any other deaths: no task may suffer but the one that is killed.
#[test]
fn tasks_are_killed_by_hand() {
    run(&Plan {
        name: "tasks_are_killed_by_hand",
        kills_by_hand: 30,
        kills: 0,
        exits: 0,
        ..Plan::default()
    });
}

/// Likewise.
#[test]
fn tasks_pass_their_deadlines() {
    run(&Plan {
        name: "tasks_pass_their_deadlines",
        deadlines: 200,
        kills: 0,
        exits: 0,
        ..Plan::default()
    });
}

#[test]
fn everything_at_once() {
    run(&Plan {
        name: "everything_at_once",
        cancels: 100,
        kills_by_hand: 20,
        deadlines: 100,
        panics: 50,
        exits: 5,
        max_tasks_per_child: Some(200),
        ..Plan::default()
    });
}

#[test]
fn tasks_are_retried() {
    for retries in [1, 3] {
        run(&Plan { name: "tasks_are_retried", retries, exits: 5, ..Plan::default() });
    }
}

#[test]
fn retried_tasks_are_cancelled_and_killed() {
    run(&Plan {
        name: "retried_tasks_are_cancelled_and_killed",
        retries: 2,
        cancels: 100,
        kills_by_hand: 20,
        deadlines: 50,
        exits: 5,
        ..Plan::default()
    });
}

#[test]
fn workers_have_several_threads() {
    run(&Plan {
        name: "workers_have_several_threads",
        threads: 3,
        workers: 2,
        cancels: 100,
        ..Plan::default()
    });
}

#[test]
fn payloads_are_large() {
    run(&Plan {
        name: "payloads_are_large",
        tasks: 1000,
        large: 200,
        shared: 200,
        cancels: 50,
        ..Plan::default()
    });
}

#[test]
fn payloads_are_large_and_workers_have_several_threads() {
    run(&Plan {
        name: "payloads_are_large_and_workers_have_several_threads",
        tasks: 600,
        kills: 15,
        threads: 3,
        workers: 2,
        large: 200,
        shared: 200,
        ..Plan::default()
    });
}

#[test]
fn the_first_death_breaks_the_pool() {
    for exits in [0, 2] {
        run(&Plan {
            name: "the_first_death_breaks_the_pool",
            policy: OnWorkerDeath::BreakPool,
            exits,
            kills: 5,
            ..Plan::default()
        });
    }
}

/// With every way to end a pool in the middle.
fn end_in_the_middle(name: &'static str, ending: Ending) {
    run(&Plan { name, ending, cancels: 20, ..Plan::default() });
    let retries = 1;
    run(&Plan {
        name,
        ending,
        retries,
        tasks: 1000,
        max_tasks_per_child: Some(50),
        ..Plan::default()
    });
}

#[test]
fn shutdown_waits() {
    end_in_the_middle("shutdown_waits", Ending::ShutdownAndWait);
}

#[test]
fn shutdown_does_not_wait() {
    end_in_the_middle("shutdown_does_not_wait", Ending::ShutdownWithoutWaiting);
}

#[test]
fn shutdown_waits_for_a_moment() {
    end_in_the_middle("shutdown_waits_for_a_moment", Ending::ShutdownForAMoment);
}

#[test]
fn shutdown_cancels() {
    end_in_the_middle("shutdown_cancels", Ending::ShutdownAndCancel);
}

#[test]
fn the_pool_is_dropped() {
    end_in_the_middle("the_pool_is_dropped", Ending::Drop);
}

#[test]
fn all_workers_are_killed() {
    end_in_the_middle("all_workers_are_killed", Ending::KillWorkers);
}

#[test]
fn all_workers_are_terminated() {
    end_in_the_middle("all_workers_are_terminated", Ending::TerminateWorkers);
}
