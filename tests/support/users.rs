//! Who else there is on this system.

use rustix::process::geteuid;

/// Somebody who is not us, and not the system's administrator.
pub(crate) const NOBODY: u32 = 65534;

/// Whether this process may become [`NOBODY`], or give him a file. Says so if a test is skipped for that.
///
/// It takes the administrator, and not one in a namespace that knows no other users.
pub(crate) fn can_become_nobody() -> bool {
    let known = std::fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| {
        // First here, first outside, how many.
        map.lines().any(|range| {
            let numbers = range.split_whitespace().map_while(|number| number.parse().ok());
            let numbers: Vec<u32> = numbers.collect();
            matches!(numbers[..], [first, _, count] if (0..count).contains(&NOBODY.wrapping_sub(first)))
        })
    });
    let can = geteuid().is_root() && known;
    if !can {
        eprintln!("skipped: only the administrator can become another user");
    }
    can
}
