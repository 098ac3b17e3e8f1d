//! Numbers from the environment, with which some tests run longer, or again as they ran before.

/// The number in this variable, if it is set.
pub(crate) fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}
