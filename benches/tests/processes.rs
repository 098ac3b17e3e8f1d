//! The cases of the process groups, with next to nothing to do, by the program as it is run: its
//! contestants start it again, so that there is no other way to try them.

use std::process::{Command, Stdio};

/// All but those that are others with more bytes, which take long without optimisation.
const CASES: &str = "process-round-trip,process-burst,process-map,process-echo-1,process-share-1,\
                     process-start,process-latency,process-idle";

const SHARED_CASES: &str = "shared-lock,shared-lock-contended,shared-queue-8,shared-queue-1k,\
                            shared-queue-1m,shared-pipe,shared-manager-get,shared-manager-set,\
                            shared-manager-update,shared-process";

#[test]
fn everybody_answers_every_case() {
    everybody_answers(CASES, "process-", 8);
}

#[cfg(unix)]
#[test]
fn everybody_answers_every_shared_case() {
    everybody_answers(SHARED_CASES, "shared-", 10);
}

fn everybody_answers(cases: &str, prefix: &str, count: usize) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
    command.args(["--cases", cases, "--tasks", "1000", "--reps", "1", "--quick"]);
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    assert!(output.status.success(), "{}\n{text}", output.status);

    let blocks = || text.split("\n\n").filter(|block| block.starts_with(prefix));
    assert_eq!(blocks().count(), count, "{text}");
    for block in blocks() {
        let ours = block.lines().find(|line| line.trim_start().starts_with("ours"));
        assert!(ours.is_some_and(|line| line.contains('s')), "{block}");
        assert!(!block.contains("FAILED"), "{block}");
    }
}
