//! `Pool`: `multiprocessing.Pool` over any executor.
//!
//! | what                                                     | file           | on                 |
//! |----------------------------------------------------------|----------------|--------------------|
//! | what the calls return, and when                          | `calls.rs`     | every executor     |
//! | callbacks                                                | `callbacks.rs` | every executor     |
//! | results one by one                                       | `imap.rs`      | every executor     |
//! | close, terminate, join, drop                             | `ending.rs`    | every executor     |
//! | threads: nested calls, what arguments and results hold   | `threads.rs`   | the thread pool    |
//! | processes: how many, and how values travel               | `processes.rs` | the process pool   |
//! | processes that die                                       | `faults.rs`    | the process pool   |
//! | what is seen from outside the program                    | `programs.rs`  | programs           |
//!
//! Tests for every executor are generic over a [`Factory`](support::Factory). They run on the thread
//! pool, on the process pool, on `Box<dyn Executor>`, on the executor that encodes everything, and,
//! where nothing has to wait for the test, on the one that runs tasks in the submitting thread.

#[path = "../support/mod.rs"]
mod support;

mod callbacks;
mod calls;
mod ending;
mod faults;
mod imap;
mod processes;
mod programs;
mod threads;

use crate::support::factory::{Boxed, Inline, LoopedBack, Processes, Threads};
use crate::support::{Factory, guarded};
use concurrent_futures::Pool;

/// A pool over an executor of so many workers.
fn pool<F: Factory>(workers: usize) -> Pool<F::Pool> {
    Pool::new(F::pool(workers)).expect("the workers start")
}

/// Makes a `#[test]` of each function listed, for one factory.
macro_rules! tests {
    ($module:ident, $factory:ty; $($area:ident { $($test:ident,)+ })+) => {
        mod $module {
            use super::*;
            $(
                mod $area {
                    use super::*;
                    $(
                        #[test]
                        fn $test() {
                            guarded(
                                concat!(stringify!($module), "::", stringify!($test)),
                                crate::$area::$test::<$factory>,
                            );
                        }
                    )+
                }
            )+
        }
    };
}

/// All of them, for an executor that has workers.
macro_rules! tests_with_workers {
    ($($module:ident, $factory:ty;)+) => {$(
        tests! { $module, $factory;
            calls {
                equal_the_sequential_ones, empty_input_ends, options_are_checked,
                a_failure_waits_for_all, failures_are_of_the_task, get_waits, timeouts_change_nothing,
                results_are_futures, waiting_from_many_threads,
            }
            callbacks {
                exactly_one_is_called, get_the_list, come_before_ready, panics_are_contained,
                may_use_the_pool, refused_calls_call_nobody,
            }
            imap {
                comes_in_order, unordered_comes_as_ready, empty_input_ends, failures_have_their_place,
                next_can_time_out, input_is_bounded, panics_of_the_input_surface,
                panics_at_the_beginning_surface, close_lets_it_go_on, join_ends_it, terminate_ends_it,
                close_and_join_after_a_part, may_be_dropped,
            }
            ending {
                join_needs_close, refuses_after_close, close_finishes_the_work,
                terminate_drops_ten_thousand, terminate_twice, terminate_after_close,
                drop_terminates, results_outlive_the_pool, submitting_races_with_terminate,
            }
        }
    )+};
}

tests_with_workers! {
    on_threads, Threads;
    on_processes, Processes;
    boxed, Boxed;
    looped_back, LoopedBack;
}

/// What is asked of the executors of this project only.
macro_rules! tests_of_ours {
    ($($module:ident, $factory:ty;)+) => {$(
        tests! { $module, $factory;
            ending { join_from_within_is_refused, maps_are_terminated, }
        }
    )+};
}

tests_of_ours! {
    ours_on_threads, Threads;
    ours_on_processes, Processes;
    ours_boxed, Boxed;
}

tests! { inline, Inline;
    calls {
        equal_the_sequential_ones, empty_input_ends, options_are_checked, failures_are_of_the_task,
        results_are_futures,
    }
    callbacks { exactly_one_is_called, get_the_list, panics_are_contained, refused_calls_call_nobody, }
    imap {
        comes_in_order, empty_input_ends, failures_have_their_place, input_is_bounded,
        panics_of_the_input_surface, panics_at_the_beginning_surface, close_lets_it_go_on, join_ends_it,
        terminate_ends_it, close_and_join_after_a_part, may_be_dropped,
    }
    ending { join_needs_close, refuses_after_close, results_outlive_the_pool, }
}
