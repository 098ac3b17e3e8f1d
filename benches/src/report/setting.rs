//! Where a run was, and with what: the machine, the build, the date.

use super::data::{Build, Machine};
use crate::versions;
use std::time::SystemTime;

impl Machine {
    /// This one, now.
    pub fn here() -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            processor: field("/proc/cpuinfo", "model name"),
            memory: field("/proc/meminfo", "MemTotal").and_then(|text| in_bytes(&text)),
            system: system(),
            load_before: load_average(),
            load_after: None,
        }
    }
}

impl Build {
    /// This program's.
    pub fn this() -> Self {
        let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
        Self {
            version: versions::of("concurrent-futures").to_owned(),
            rustc: env!("RUSTC_VERSION").to_owned(),
            profile: profile.to_owned(),
        }
    }

    /// Whether its numbers mean nothing.
    pub fn is_debug(&self) -> bool {
        self.profile == "debug"
    }
}

/// The load average of the last minute, if the system tells.
pub fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// What comes after this name and a colon in a file of the system, the first time.
fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(value.trim_start().strip_prefix(':')?.trim().to_owned())
}

fn in_bytes(text: &str) -> Option<u64> {
    let kibibytes: u64 = text.strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Now, in the form `2026-01-31T12:59:59Z`.
pub fn date() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// The system, its version and its architecture.
#[cfg(unix)]
fn system() -> String {
    let names = rustix::system::uname();
    let parts = [names.sysname(), names.release(), names.machine()];
    parts.map(|part| part.to_string_lossy().into_owned()).join(" ")
}

/// The system and its architecture.
#[cfg(not(unix))]
fn system() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}
