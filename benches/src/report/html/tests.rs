//! The page is well-formed, complete, safe and always the same, whatever the results are.

use super::{render, specimen};
use crate::report::data::{Axis, Block, Outcome, Report, Role, Row, Summary, Unit};

/// A tag: its name and its attributes.
struct Tag<'p> {
    name: &'p str,
    attributes: Vec<(&'p str, &'p str)>,
}

/// Reads the page as strictly as XML and returns its tags.
///
/// # Panics
///
/// A tag is not closed, or in the wrong order, or something is not quoted or not escaped.
fn tags(page: &str) -> Vec<Tag<'_>> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("a document type");
    let (mut tags, mut open) = (Vec::new(), Vec::new());
    while let Some((text, after)) = rest.split_once('<') {
        assert!(open.last() == Some(&"style") || !text.contains('>'), "unescaped: {text}");
        let (inside, after) = after.split_once('>').expect("the end of a tag");
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in order");
            continue;
        }
        let (inside, is_empty) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let (name, mut written) = inside.split_once(' ').unwrap_or((inside, ""));
        let mut attributes = Vec::new();
        while !written.is_empty() {
            let (attribute, value) = written.split_once("=\"").expect("a quoted value");
            let (value, after) = value.split_once('"').expect("the end of the value");
            attributes.push((attribute.trim(), value));
            written = after;
        }
        if !is_empty {
            open.push(name);
        }
        tags.push(Tag { name, attributes });
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    assert_eq!(rest.trim(), "");
    tags
}

impl Tag<'_> {
    fn get(&self, wanted: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.0 == wanted).map(|attribute| attribute.1)
    }
}

/// Checks that everything is drawn somewhere.
///
/// # Panics
///
/// A coordinate is no finite number, or far outside.
fn check_coordinates(page: &str) {
    const COORDINATES: &[&str] =
        &["x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "dx", "width", "height", "viewBox"];
    for tag in tags(page) {
        let is_picture = !matches!(tag.name, "meta" | "html");
        for (name, value) in tag.attributes.iter().filter(|_| is_picture) {
            let numbers: Vec<&str> = match *name {
                "d" => value.split(['M', 'L', 'Z', ' ']).filter(|part| !part.is_empty()).collect(),
                name if COORDINATES.contains(&name) => value.split(' ').collect(),
                _ => continue,
            };
            for number in numbers {
                let parsed: f64 = number.trim_end_matches('%').parse().expect(number);
                assert!(parsed.abs() < 10_000.0, "{} {name}={value}", tag.name);
                assert!(!number.ends_with('%') || (0.0..=100.0).contains(&parsed), "{value}");
            }
        }
    }
}

fn row(name: &str, role: Role, outcome: Outcome) -> Row {
    Row { name: name.to_owned(), role, outcome }
}

fn measured(values: &[f64]) -> Outcome {
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    Outcome::Measured(Summary {
        median: at(0),
        min: at(1),
        max: at(2),
        samples: values.to_vec(),
        besides: vec![Some(at(0)), None],
        operations: Some(7),
        ratio: Some(at(0)),
    })
}

/// The specimen with these rows in every block.
fn with_rows(rows: &[Row]) -> Report {
    let mut report = specimen::report();
    for block in &mut report.results {
        block.rows = rows.to_vec();
        if let Some(verdict) = &mut block.verdict {
            verdict.ratio = rows.iter().find_map(Row::summary).map(|summary| summary.median);
        }
    }
    report
}

#[test]
fn the_page_is_well_formed_and_finite() {
    check_coordinates(&render(&specimen::report()));
}

#[test]
fn every_case_and_contestant_is_there_in_words() {
    let report = specimen::report();
    let page = render(&report);
    for block in &report.results {
        assert!(page.contains(&format!("<code>{}</code>", block.case)), "{}", block.case);
        for row in &block.rows {
            assert!(page.contains(&row.name), "{}", row.name);
        }
    }
    for words in [
        "gave up: after 506 tasks: Too many open files (os error 24)",
        "not available: no module named loky",
        "cannot do this",
        "procspawn at 128\u{a0}MiB: gave up: Message too long (os error 90)",
        "both too small to compare",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn who_is_better_is_said_either_way() {
    let block = |ours: f64, theirs: f64| {
        let mut report = specimen::report();
        report.results.truncate(1);
        let values = |value: f64| measured(&[value, value * 0.99, value * 1.01]);
        let block = &mut report.results[0];
        block.rows =
            vec![row("ours", Role::Ours, values(ours)), row("rayon", Role::Peer, values(theirs))];
        let verdict = block.verdict.as_mut().expect("a verdict");
        (verdict.ours, verdict.theirs, verdict.ratio) = (ours, theirs, Some(ours / theirs));
        verdict.peer = "rayon".to_owned();
        render(&report)
    };
    assert!(block(1e-6, 2.3e-6).contains("<b>2.3× faster</b>"));
    assert!(block(1e-6, 2.3e-6).contains("ahead in 1 and behind in 0; in 0 their"));
    assert!(block(2.4e-6, 2e-6).contains("<b>1.20× slower</b>"));
    assert!(block(2.4e-6, 2e-6).contains("ahead in 0 and behind in 1; in 0 their"));
    assert!(block(1e-6, 1.01e-6).contains("within the spread"));
    assert!(block(1e-6, 1.01e-6).contains("ahead in 0 and behind in 0; in 1 their"));
    assert!(block(0.0, 1e-6).contains("<b>faster: zero</b>"));
}

#[test]
fn everything_is_escaped() {
    const HOSTILE: &str = "</style><script>'\"&";
    let mut report = specimen::report();
    let mut texts: Vec<&mut String> = vec![
        &mut report.date,
        &mut report.machine.system,
        &mut report.build.version,
        &mut report.build.rustc,
        &mut report.build.profile,
    ];
    texts.extend(&mut report.command);
    texts.extend(&mut report.machine.processor);
    for participant in &mut report.contestants {
        texts.extend([&mut participant.name, &mut participant.version]);
    }
    for block in &mut report.results {
        let Block { case, group, title, note, operations_are, verdict, rows, .. } = block;
        texts.extend([case, group, title, note, operations_are]);
        texts.extend(verdict.as_mut().map(|verdict| &mut verdict.peer));
        for row in rows {
            texts.push(&mut row.name);
            if let Outcome::Missing { reason } | Outcome::Failed { reason } = &mut row.outcome {
                texts.push(reason);
            }
        }
    }
    for text in texts {
        text.push_str(HOSTILE);
    }
    let page = render(&report);
    assert!(!page.contains("<script"));
    assert_eq!(page.matches("</style>").count(), 1);
    check_coordinates(&page);
}

#[test]
fn odd_results_are_drawn_too() {
    let odd: [&[f64]; 8] = [
        &[],
        &[0.0, 0.0, 0.0],
        &[1.0],
        &[f64::NAN, f64::NAN, f64::NAN],
        &[f64::INFINITY, 0.0, f64::INFINITY],
        &[f64::MAX, f64::MIN_POSITIVE, f64::MAX],
        &[-1.0, -2.0, 3.0],
        &[1e-9, 1e-9, 1e9],
    ];
    for values in odd {
        let ours = row("ours", Role::Ours, measured(values));
        let peer = row("peer", Role::Peer, measured(&[1e-6, 1e-6, 1e-6]));
        check_coordinates(&render(&with_rows(std::slice::from_ref(&ours))));
        check_coordinates(&render(&with_rows(&[ours, peer])));
    }
    let reason = || "a reason".to_owned();
    let rows = [
        row("ours", Role::Ours, Outcome::Failed { reason: reason() }),
        row("peer", Role::Peer, Outcome::Missing { reason: reason() }),
        row("other", Role::Peer, Outcome::NotApplicable),
    ];
    let page = render(&with_rows(&rows));
    check_coordinates(&page);
    assert!(page.contains("FAILED: a reason"));
    check_coordinates(&render(&with_rows(&[])));
    let mut report = specimen::report();
    for block in &mut report.results {
        (block.workers, block.operations, block.bytes) = (0, u64::MAX, None);
        block.repetitions = 0;
        block.curve = Some(Axis::Bytes);
        block.unit = Unit::Latency;
    }
    check_coordinates(&render(&report));
    report.results.clear();
    report.contestants.clear();
    report.command.clear();
    check_coordinates(&render(&report));
}

#[test]
fn links_lead_somewhere_and_only_within_the_page() {
    let mut report = specimen::report();
    // The same but for what cannot be in an identifier.
    for (index, case) in [(0, "a b"), (5, "a/b")] {
        report.results[index].case = case.to_owned();
    }
    let page = render(&report);
    let tags = tags(&page);
    let mut ids: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
    for link in tags.iter().filter_map(|tag| tag.get("href")) {
        let target = link.strip_prefix('#').expect("a link within the page");
        assert!(ids.contains(&target), "{target}");
    }
    let number = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), number, "no identifier twice");
    for outside in ["http", "url(", "@import", "src=", "<script", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn pictures_have_names() {
    let page = render(&specimen::report());
    let tags = tags(&page);
    for (index, tag) in tags.iter().enumerate().filter(|(_, tag)| tag.name == "svg") {
        assert_eq!(tag.get("role"), Some("img"));
        assert_eq!(tags[index + 1].name, "title");
    }
}

#[test]
fn the_same_results_give_the_same_page() {
    assert_eq!(render(&specimen::report()), render(&specimen::report()));
}

#[test]
fn rough_numbers_are_called_rough() {
    let mut report = specimen::report();
    assert!(!render(&report).contains("Do not quote it"));
    report.quick = true;
    assert!(render(&report).contains("a quick run"));
    report.quick = false;
    report.build.profile = "debug".to_owned();
    assert!(render(&report).contains("a debug build"));
}
