//! Keeps `docs/conformance.md` true: every row is there, and every test it lists is run and names
//! the row.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use support::guarded;

/// The areas that the document covers, and how many rows each has.
const AREAS: [(&str, usize); 17] = [
    ("FUT", 25),
    ("SUB", 9),
    ("MAP", 18),
    ("SHUT", 14),
    ("WAIT", 12),
    ("ASC", 6),
    ("THR", 10),
    ("PPE", 20),
    ("BRK", 16),
    ("POOL", 28),
    ("PRC", 20),
    ("QUE", 11),
    ("TQ", 11),
    ("SYN", 20),
    ("PIPE", 10),
    ("MAN", 7),
    ("SHM", 9),
];

/// One row of the document.
struct Row<'d> {
    id: &'d str,
    text: &'d str,
    /// As `file::function`, below `tests/`.
    tests: Vec<&'d str>,
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether this is the name of a row: `FUT-04`.
fn is_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(area, number)| {
        !area.is_empty()
            && area.bytes().all(|byte| byte.is_ascii_uppercase())
            && number.len() == 2
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The rows, from the lines of the form `| id | text | tests |`.
fn rows(document: &str) -> Vec<Row<'_>> {
    let lines = document.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    lines
        .filter_map(|line| {
            let (id, line) = line.split_once(" | ")?;
            let (text, tests) = line.rsplit_once(" | ")?;
            let tests = tests.split('`').filter(|part| part.contains("::")).collect();
            is_id(id).then_some(Row { id, text, tests })
        })
        .collect()
}

/// A function of a source file, with its comment and attributes, up to the brace that closes it.
fn function(source: &str, name: &str) -> Option<String> {
    let lines: Vec<_> = source.lines().collect();
    let is_head = |line: &&str| {
        let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
        let rest = line.strip_prefix("fn ").and_then(|line| line.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with(['(', '<']))
    };
    let head = lines.iter().position(is_head)?;
    let leads = |line: &&&str| line.starts_with("///") || line.starts_with("#[");
    let before = lines[..head].iter().rev().take_while(leads).count();
    let after = lines[head..].iter().take_while(|&&line| line != "}").count();
    Some(lines[head - before..head + after].join("\n"))
}

/// Whether a generic test is in the list of those that are run for every executor.
fn is_listed(file: &str, name: &str) -> bool {
    let (list, area) = match file.split_once('/') {
        Some(("behaviour", area)) => (read("tests/behaviour/mod.rs"), area),
        Some(("pool", area)) => (read("tests/pool/main.rs"), area),
        _ => return false,
    };
    let area = format!("            {} {{", area.trim_end_matches(".rs"));
    let lists = list.split(&area).skip(1).filter_map(|rest| rest.split_once('}'));
    lists.into_iter().any(|(names, _)| names.split([',', ' ', '\n']).any(|listed| listed == name))
}

/// What is wrong with a test listed for a row, if anything.
fn complaint(id: &str, test: &str) -> Option<String> {
    let (file, name) = test.split_once("::").expect("checked by `rows`");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
    let Ok(source) = fs::read_to_string(path) else {
        return Some("there is no such file".to_owned());
    };
    let Some(function) = function(&source, name) else {
        return Some("there is no such function".to_owned());
    };
    if !function.contains(id) {
        return Some("does not name the row".to_owned());
    }
    if function.contains("\n#[ignore") {
        return Some("is ignored".to_owned());
    }
    let is_run = function.contains("#[test]") || is_listed(file, name);
    (!is_run).then(|| "is not run".to_owned())
}

#[test]
fn every_row_is_there() {
    guarded("every_row_is_there", || {
        let document = read("docs/conformance.md");
        let mut listed = BTreeSet::new();
        for row in rows(&document) {
            assert!(listed.insert(row.id.to_owned()), "{} is there twice", row.id);
        }
        let expected = AREAS
            .iter()
            .flat_map(|(area, rows)| (1..=*rows).map(move |row| format!("{area}-{row:02}")))
            .collect::<BTreeSet<_>>();
        let missing: Vec<_> = expected.difference(&listed).collect();
        let unknown: Vec<_> = listed.difference(&expected).collect();
        assert!(missing.is_empty(), "missing: {missing:?}");
        assert!(unknown.is_empty(), "unknown, add them to this test: {unknown:?}");
    });
}

#[test]
fn every_row_has_a_test_or_a_reason() {
    guarded("every_row_has_a_test_or_a_reason", || {
        for row in rows(&read("docs/conformance.md")) {
            let reason = row.text.strip_prefix("n/a: ").is_some_and(|reason| reason.len() > 5);
            assert!(reason || !row.tests.is_empty(), "{} has neither test nor reason", row.id);
        }
    });
}

#[test]
fn every_listed_test_is_run_and_names_its_row() {
    guarded("every_listed_test_is_run_and_names_its_row", || {
        let document = read("docs/conformance.md");
        let complaints: Vec<_> = rows(&document)
            .iter()
            .flat_map(|row| row.tests.iter().map(|test| (row.id, *test)))
            .filter_map(|(id, test)| Some(format!("{id}: `{test}` {}", complaint(id, test)?)))
            .collect();
        assert!(complaints.is_empty(), "docs/conformance.md is wrong:\n{}", complaints.join("\n"));
    });
}

#[test]
fn mistakes_would_be_found() {
    guarded("mistakes_would_be_found", || {
        let is_found = |id, test, expected: &str| {
            assert_eq!(complaint(id, test).as_deref(), Some(expected), "{test}");
        };
        is_found("FUT-01", "nowhere.rs::any", "there is no such file");
        is_found("FUT-01", "behaviour/future.rs::nothing", "there is no such function");
        is_found("FUT-99", "behaviour/future.rs::cancel_answers", "does not name the row");
        is_found("XYZ", "conformance.rs::example", "is not run");
        assert_eq!(rows("| FUT-01 | a | b | `x.rs::y` |\n| no | row |\n").len(), 1);
    });
}

/// XYZ: no test.
#[allow(dead_code, reason = "looked at by `mistakes_would_be_found`")]
fn example() {}
