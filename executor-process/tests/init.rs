//! A program that calls `init` in its `main`, built with and without the feature `constructor`.
//!
//! Not made of `#[test]`s, since those have no `main` of their own: it ends well, or it panics.

use executor_core::Executor;
use executor_process::{BuildError, ProcessPoolExecutor, init};

fn main() {
    if cfg!(not(feature = "constructor")) {
        // Workers come by here as well, on their way to `init`.
        let error = ProcessPoolExecutor::new().unwrap_err();
        assert!(matches!(error, BuildError::NotInitialized), "{error:?}");
        let beginning = "call concurrent_futures::init() first in main: ";
        assert!(error.to_string().starts_with(beginning), "{error}");
        #[cfg(unix)]
        {
            let error = executor_process::Process::new(i32::abs, 0).start().unwrap_err();
            assert!(matches!(error, executor_process::StartError::NotInitialized), "{error:?}");
            assert!(error.to_string().starts_with(beginning), "{error}");
        }
    }
    init();
    let here = std::process::id();
    let pool = ProcessPoolExecutor::builder().max_workers(2).build().unwrap();
    let squares = pool.map(|n: u64| (std::process::id(), n * n), 0..100).unwrap();
    for (outcome, n) in squares.zip(0..) {
        let (there, square) = outcome.unwrap();
        assert_eq!(square, n * n);
        assert_ne!(there, here);
    }
    // With musl the standard library learns of them when `main` is called.
    let knows = cfg!(not(all(feature = "constructor", target_env = "musl")));
    let arguments = |()| std::env::args().count();
    assert_ne!(arguments(()), 0);
    let expected = if knows { arguments(()) } else { 0 };
    assert_eq!(pool.submit(arguments, ()).unwrap().result(), Ok(expected));
    #[cfg(unix)]
    {
        let process = executor_process::Process::new(i32::abs, -7);
        process.start().unwrap();
        assert_eq!(process.join(), Ok(executor_core::Exit::Code(7)));
    }
    println!("test init ... ok");
}
