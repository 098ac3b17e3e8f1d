#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| executor_process::fuzzed::greeting(data));
