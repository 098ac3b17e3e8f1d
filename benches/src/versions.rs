//! The versions of the crates that are compared.

/// The workspace's lock file, which says what was built.
const LOCK: &str = include_str!("../../Cargo.lock");

/// The version of a crate in the lock file; the newest if there are several.
pub(crate) fn of(name: &str) -> &'static str {
    let name_line = format!("name = \"{name}\"");
    LOCK.split("[[package]]")
        .filter(|package| package.lines().any(|line| line == name_line))
        .last()
        .and_then(|package| package.lines().find_map(|line| line.strip_prefix("version = \"")))
        .and_then(|version| version.strip_suffix('"'))
        .unwrap_or("?")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_version_is_found_in_the_lock_file() {
        assert!(super::of("rayon").starts_with("1."));
        assert_eq!(super::of("no such crate"), "?");
    }
}
