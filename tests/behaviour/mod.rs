//! The behaviour of executors, written once.
//!
//! Each test is a function that is generic over a [`Factory`](crate::support::Factory), and names the
//! rows of `docs/conformance.md` that it covers. [`on_every_worker`] makes `#[test]`s of all of them
//! for one executor; `tests/inline.rs` has a list of its own, since an executor without workers cannot
//! have a task waiting for the test that submitted it.

pub(crate) mod as_completed;
pub(crate) mod callbacks;
pub(crate) mod future;
pub(crate) mod map;
pub(crate) mod map_buffer;
pub(crate) mod shutdown;
pub(crate) mod submit;
pub(crate) mod wait;

/// Makes a `#[test]` of each function listed, for one factory.
macro_rules! behaviours {
    ($factory:ty; $($area:ident { $($test:ident,)+ })+) => {$(
        mod $area {
            $(
                #[test]
                fn $test() {
                    let name = concat!(stringify!($area), "::", stringify!($test));
                    crate::support::guarded(name, crate::behaviour::$area::$test::<$factory>);
                }
            )+
        }
    )+};
}
pub(crate) use behaviours;

/// All behaviours, for an executor that has workers.
macro_rules! on_every_worker {
    ($factory:ty) => {
        crate::behaviour::behaviours! { $factory;
            future {
                states_form_a_truth_table, finished_is_done, cancel_answers, cancel_comes_too_late,
                cancel_races_with_the_start, zero_timeout_tells_outcomes_apart,
                running_has_no_result, blocked_result_is_woken, exception_mirrors_result,
                all_readers_agree, unique_handle_can_be_looked_at,
                timed_out_result_changes_nothing, timeouts_are_told_apart, any_timeout_is_fine,
                debug_shows_no_values, dropped_handle_is_inert, cancel_on_drop_cancels,
                identities_key_a_map,
            }
            callbacks {
                see_a_terminal_future, run_inside_cancel, panics_are_contained,
                added_late_run_at_once, added_late_see_the_outcome, run_in_order, nest,
                come_before_result, run_in_this_process,
            }
            submit {
                returns_the_value, returns_at_once, carries_structured_values, stores_failures,
                starts_in_order, never_blocks_on_load, timed_wait_on_a_saturated_pool_ends,
                honours_or_refuses_options, try_submit_gives_the_argument_back,
                untransportable_values_fail_alone,
            }
            map {
                equals_a_sequential_map, all_at_once_are_the_same, all_at_once_are_the_first_error,
                keeps_order, unordered_comes_as_ready,
                runs_without_iteration, failure_has_its_place, failure_cancels_nothing,
                timeout_cancels_the_rest, timeout_spares_what_is_there,
                timeout_counts_from_the_call, timeout_that_suffices, own_timeout_is_a_value,
                cancel_cancels_the_rest, drop_cancels_nothing, chunks_do_not_show,
                zero_sizes_are_refused, shutdown_at_once, shutdown_cancels_items,
            }
            map_buffer {
                any_size_gives_the_same, failure_has_its_place, takes_what_fits,
                bound_always_holds, full_buffer_holds_back, shutdown_loses_nothing,
                shutdown_after_the_last_item, can_be_ended,
            }
            shutdown {
                refuses_afterwards, may_be_repeated, waits_for_everything,
                no_wait_keeps_accepted_work, may_wait_for_a_while, leaving_the_scope_waits,
                unwinding_waits, drop_completes_queued_work, cancels_pending,
                cancels_pending_without_waiting, cancelled_is_done_for_everybody,
                only_cancelled_work_is_left, failure_before_shutdown, unused_pool_ends,
                submitting_races_with_shutdown,
            }
            wait {
                duplicates_count_once, first_completed_returns_at_the_first,
                first_completed_gives_all_that_are_over, first_exception_returns_at_a_failure,
                first_exception_without_one_waits_for_all, all_completed_waits_for_all,
                all_completed_of_finished_ones, timeout_gives_the_partition,
                none_of_many_is_missed, lists_are_a_partition, anything_can_be_mixed,
                cancelled_is_done_at_once, overlapping_waits_do_not_deadlock,
                shutdown_wakes_waiters,
            }
            as_completed {
                yields_each_once, yields_finished_ones, yields_in_completion_order,
                timeout_tells_how_many, timeout_that_suffices, yields_duplicates_once,
                yields_handles_by_value, timeout_counts_from_the_call,
            }
        }
    };
}
pub(crate) use on_every_worker;
