//! The behaviour of executors, on the inline executor: as far as no task has to wait for the test.

#[allow(dead_code, unused_macros, unused_imports, reason = "a part of it makes sense here")]
mod behaviour;
mod support;

behaviour::behaviours! { crate::support::factory::Inline;
    future {
        finished_is_done, cancel_comes_too_late, cancel_races_with_the_start,
        unique_handle_can_be_looked_at, timeouts_are_told_apart, dropped_handle_is_inert,
        identities_key_a_map,
    }
    callbacks { added_late_see_the_outcome, run_in_this_process, }
    submit {
        returns_the_value, carries_structured_values, stores_failures, starts_in_order,
        honours_or_refuses_options, try_submit_gives_the_argument_back,
        untransportable_values_fail_alone,
    }
    map {
        equals_a_sequential_map, all_at_once_are_the_same, all_at_once_are_the_first_error,
        runs_without_iteration, failure_has_its_place,
        failure_cancels_nothing, timeout_that_suffices, own_timeout_is_a_value,
        drop_cancels_nothing, chunks_do_not_show, zero_sizes_are_refused, shutdown_at_once,
    }
    map_buffer {
        any_size_gives_the_same, failure_has_its_place, takes_what_fits, bound_always_holds,
        shutdown_loses_nothing, shutdown_after_the_last_item,
    }
    shutdown {
        refuses_afterwards, may_be_repeated, leaving_the_scope_waits, unwinding_waits,
        only_cancelled_work_is_left, failure_before_shutdown, unused_pool_ends,
        submitting_races_with_shutdown,
    }
    wait { duplicates_count_once, all_completed_of_finished_ones, anything_can_be_mixed, }
    as_completed { yields_finished_ones, timeout_that_suffices, yields_duplicates_once, }
}
