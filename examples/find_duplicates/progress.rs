//! [`Progress`]: what is shown while the program works.
//!
//! On standard error, and only if that is a terminal: `indicatif` draws nothing otherwise.

use crate::hash::Part;
use indicatif::{
    HumanCount, HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressFinish,
    ProgressState, ProgressStyle,
};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Files and bytes, done and to do, rate and time left.
const BAR: &str = "{prefix} [{wide_bar}] {files} files  {binary_bytes}/{binary_total_bytes}  \
                   {binary_bytes_per_sec}  {left} left";

/// How often the display is renewed when nothing happens.
const TICK: Duration = Duration::from_millis(100);

/// The part of the terminal that shows progress. Clones are of the same one.
#[derive(Clone, Debug)]
pub(crate) struct Progress(MultiProgress);

impl Progress {
    /// Progress on this target: standard error, or nowhere.
    pub(crate) fn new(target: ProgressDrawTarget) -> Self {
        Self(MultiProgress::with_draw_target(target))
    }

    /// Shows how many files the walk has found; the caller sets the position.
    pub(crate) fn walking(&self) -> ProgressBar {
        self.show(ProgressBar::new_spinner(), style("{spinner} {human_pos} files found"))
    }

    /// Shows how far the hashing of so many files and bytes has come.
    pub(crate) fn stage(&self, part: Part, files: u64, bytes: u64) -> StageBar {
        let done = Arc::new(AtomicU64::new(0));
        let shown = Arc::clone(&done);
        let count = move |_: &ProgressState, out: &mut dyn fmt::Write| {
            let done = HumanCount(shown.load(Ordering::Relaxed));
            let _ = write!(out, "{done}/{}", HumanCount(files)); // cannot fail: it is a string
        };
        let bar = ProgressBar::new(bytes).with_prefix(match part {
            Part::Head => "beginnings",
            Part::Whole => "contents",
        });
        let style =
            style(BAR).progress_chars("=> ").with_key("files", count).with_key("left", time_left);
        StageBar { files: done, bytes: self.show(bar, style) }
    }

    /// Removes everything from the terminal, for good.
    pub(crate) fn end(&self) {
        let _ = self.0.clear();
        self.0.set_draw_target(ProgressDrawTarget::hidden());
    }

    /// Adds the bar to the terminal, until its last clone is dropped.
    fn show(&self, bar: ProgressBar, style: ProgressStyle) -> ProgressBar {
        let bar = self.0.add(bar.with_style(style).with_finish(ProgressFinish::AndClear));
        bar.enable_steady_tick(TICK);
        bar
    }
}

/// The bar of one pass over the files. Clones are of the same one.
#[derive(Clone, Debug)]
pub(crate) struct StageBar {
    /// How many files are done with.
    files: Arc<AtomicU64>,
    /// Its position and length are bytes.
    bytes: ProgressBar,
}

impl StageBar {
    /// Another file is done with, of which so many bytes were to be read.
    pub(crate) fn file_done(&self, bytes: u64) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.bytes.inc(bytes);
    }
}

/// The estimate of the time left, once there is anything to go by.
fn time_left(state: &ProgressState, out: &mut dyn fmt::Write) {
    let _ = match state.pos() {
        0 => write!(out, "?"),
        _ => write!(out, "{:#}", HumanDuration(state.eta())),
    };
}

/// The style of a template, in the language of `indicatif`.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates here are well-formed")
}
