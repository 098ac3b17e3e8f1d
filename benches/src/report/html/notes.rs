//! What the page says about itself: how to read it, how it was measured, and how to repeat it.

use super::bars;
use super::markup::{Element, element};
use crate::report::data::{Report, Role};

/// How this is run.
const RUN: &str = "cargo run --release -p concurrent-futures-benches --bin compare";

/// A list of what has a name and an explanation.
fn explained(entries: &[(&str, &str)]) -> Element {
    let items = entries.iter().map(|(what, explanation)| {
        element("li").child(element("b").text(*what)).text(format!(" {explanation}"))
    });
    element("ul").children(items)
}

/// How to read the page.
pub(super) fn reading() -> Element {
    element("section").with("id", "reading").child(element("h2").text("How to read it")).child(
        explained(&[
            (
                "Bars",
                "end at the median; shorter is better everywhere. The dots are the repetitions, \
              the first at the top, and the thin line goes from the smallest to the largest.",
            ),
            (
                "Spread.",
                "A difference between two contestants that is less than their spread means \
              nothing.",
            ),
            (
                "÷ best peer",
                "is the median divided by that of the best pool that is not ours: 1.00 \
              is that pool itself, and less is better.",
            ),
            (
                "Scales",
                "start at zero, except where the values differ so much that they are \
              logarithmic. Then it says so, and the bars are thin: compare where they end, not how \
              long they are.",
            ),
            (
                "Curves",
                "have both scales logarithmic: what takes as long for each operation is \
              level, whatever their number. Below them are their numbers.",
            ),
            (
                "Fewer operations",
                "than the others are what a slow contestant may do. Their number is then below its \
              name, and on a curve it is drawn at that number.",
            ),
            (
                "In brackets",
                "and with dashed lines are limits. They are no pools: nothing in them \
              can fail, be cancelled or be waited for.",
            ),
            (
                "Processor time",
                "is that of the whole program and its workers. More than the time \
              itself says that several of them worked, or spun.",
            ),
        ]),
    )
}

/// How it was measured, and how to repeat it.
pub(super) fn method(report: &Report) -> Element {
    let arguments = report.command.get(1..).unwrap_or_default();
    let command = if arguments.is_empty() {
        RUN.to_owned()
    } else {
        format!("{RUN} -- {}", shell(arguments))
    };
    element("section")
        .with("id", "method")
        .child(element("h2").text("How it was measured, and how to repeat it"))
        .child(explained(&[
            (
                "Turns.",
                "Every contestant does a repetition, then every contestant does the next, each \
              time starting with another one. What else the machine does happens to all of them.",
            ),
            (
                "A fresh pool",
                "for every repetition, with exactly the number of workers given, all of \
              them started and used before the measurement, unless the start is what is measured.",
            ),
            ("Answers are checked", "every time. A wrong one fails the run."),
            ("Medians", "of the repetitions are compared, and the spread is shown."),
            (
                "The same",
                "compiler, flags and allocator for all of them, and each is used as its own \
              documentation advises.",
            ),
        ]))
        .child(element("p").text("To repeat it:"))
        .child(element("pre").child(element("code").text(command)))
}

/// Who took part, and in which version.
pub(super) fn contestants(report: &Report) -> Element {
    let head = ["name", "version", "what it is there for"];
    let head = head.map(|text| element("th").with("scope", "col").text(text));
    let rows = report.contestants.iter().map(|participant| {
        let role = match participant.role {
            Role::Ours => "ours, which the others are compared with",
            Role::Peer => "a peer",
            Role::Limit => "a limit, no pool",
        };
        let name = element("th").with("scope", "row").text(&participant.name);
        let cells = [participant.version.as_str(), role].map(|text| element("td").text(text));
        element("tr").class(bars::class(participant.role)).child(name).children(cells)
    });
    let table = element("table")
        .class("numbers")
        .child(element("thead").child(element("tr").children(head)))
        .child(element("tbody").children(rows));
    element("section")
        .with("id", "contestants")
        .child(element("h2").text("Who took part"))
        .child(element("div").class("scroll").child(table))
}

/// The words as a shell would take them.
pub(super) fn shell(words: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=,./:@%+".contains(c);
    let quoted = words.iter().map(|word| match word {
        word if !word.is_empty() && word.chars().all(is_plain) => word.clone(),
        word => format!("'{}'", word.replace('\'', "'\\''")),
    });
    quoted.collect::<Vec<_>>().join(" ")
}
