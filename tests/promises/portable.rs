//! `PortableError`: any error, carried anywhere.

use crate::support::guarded;
use concurrent_futures::PortableError;
use std::error::Error;
use std::fmt;
use std::io;

/// An error with a cause.
#[derive(Debug)]
struct ReadConfig(io::Error);

impl fmt::Display for ReadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot read the configuration")
    }
}

impl Error for ReadConfig {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn fail() -> Result<(), PortableError> {
    Err(ReadConfig(io::Error::other("disk on fire")))?
}

/// FUT-19: `?` turns any error into one, with its causes.
#[test]
fn question_mark_keeps_the_chain() {
    guarded("question_mark_keeps_the_chain", || {
        let error = fail().unwrap_err().context("starting up");
        let chain = ["starting up", "cannot read the configuration", "disk on fire"];
        assert!(error.chain().eq(chain));
        assert_eq!(error.to_string(), "starting up");
        assert_eq!(error.message(), "starting up");
        assert_eq!(format!("{error:#}"), chain.join(": "));
        assert_eq!(
            format!("{error:?}"),
            "starting up\n  caused by: cannot read the configuration\n  caused by: disk on fire"
        );
        assert_eq!(PortableError::msg(5).chain().collect::<Vec<_>>(), ["5"]);
    });
}

/// FUT-19: and it goes on with `?`, as a standard error with the same sources.
#[test]
fn question_mark_goes_on() {
    guarded("question_mark_goes_on", || {
        fn boxed() -> Result<(), Box<dyn Error>> {
            Ok(fail()?)
        }
        fn boxed_and_sent() -> Result<(), Box<dyn Error + Send + Sync>> {
            Ok(fail()?)
        }
        let error = boxed().unwrap_err();
        assert_eq!(error.to_string(), "cannot read the configuration");
        assert_eq!(error.source().unwrap().to_string(), "disk on fire");
        assert!(error.source().unwrap().source().is_none());
        assert_eq!(boxed_and_sent().unwrap_err().to_string(), error.to_string());
    });
}

/// FUT-19: it survives being written down.
#[test]
fn it_can_be_serialised() {
    guarded("it_can_be_serialised", || {
        let error = fail().unwrap_err();
        let text = serde_json::to_string(&error).unwrap();
        assert_eq!(serde_json::from_str::<PortableError>(&text).unwrap(), error);
    });
}
