//! `report.html`: a page with everything in it, for a browser and for paper.
//!
//! It needs no network and no script. Colours and sizes are in `style.css`; the drawings only say
//! what is what. The same report always gives the same page.

mod bars;
mod curves;
mod figures;
mod markup;
mod notes;
mod overview;
mod plot;
mod sizes;

use super::data::{Axis, Block, Machine, Outcome, Report};
use curves::Looks;
use markup::{Element, element};
use overview::Comparison;

const STYLE: &str = include_str!("style.css");

/// The report as a page.
pub fn render(report: &Report) -> String {
    let sections = sections(&report.results);
    let title = format!("concurrent-futures {}: the comparison", report.build.version);
    let meta = |name, content| element("meta").with("name", name).with("content", content);
    let head = element("head")
        .child(element("meta").with("charset", "utf-8"))
        .child(meta("viewport", "width=device-width, initial-scale=1"))
        .child(meta("color-scheme", "light dark"))
        .child(element("title").text(format!("{title}, {}", day(&report.date))))
        .child(element("style").style(STYLE));
    let main = element("main")
        .child(overview(report, &sections))
        .children(groups(&sections))
        .child(notes::reading())
        .child(notes::method(report))
        .child(notes::contestants(report));
    let footer =
        element("footer").child(element("p").text(format!(
            "The same results as data are in report.json (format {}).",
            report.schema
        )));
    let body =
        element("body").child(header(report)).child(contents(&sections)).child(main).child(footer);
    let page = element("html").with("lang", "en").child(head).child(body);
    format!("<!DOCTYPE html>\n{page}\n")
}

/// All blocks of a case.
struct Section<'r> {
    id: String,
    group: &'r str,
    blocks: Vec<&'r Block>,
}

impl<'r> Section<'r> {
    fn case(&self) -> &'r str {
        self.blocks.first().map_or("", |block| &block.case)
    }

    /// The blocks that differ in one thing only, from the smallest; the others one by one.
    fn figures(&self) -> Vec<Comparison<'_>> {
        let mut figures: Vec<Comparison<'_>> = Vec::new();
        for block in &self.blocks {
            let others = |block: &Block| match block.curve {
                Some(Axis::Operations) => (block.workers, block.bytes),
                Some(Axis::Workers) => (0, block.bytes),
                Some(Axis::Bytes) | None => (block.workers, None),
            };
            let same = |figure: &&mut Comparison<'_>| {
                let first = figure.blocks[0];
                block.curve.is_some()
                    && (first.curve, first.unit, others(first))
                        == (block.curve, block.unit, others(block))
            };
            match figures.iter_mut().find(same) {
                Some(figure) => {
                    figure.blocks.push(block);
                    figure.axis = block.curve;
                }
                None => {
                    figures.push(Comparison { anchor: &self.id, blocks: vec![block], axis: None });
                }
            }
        }
        for figure in &mut figures {
            if let Some(axis) = figure.axis {
                figure.blocks.sort_by_key(|block| figures::position(block, axis));
            }
        }
        figures
    }
}

/// The cases in the order of their first blocks, each with a name of its own for links.
fn sections(blocks: &[Block]) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for block in blocks {
        let same = |section: &&mut Section<'_>| {
            section.group == block.group && section.case() == block.case
        };
        if let Some(section) = sections.iter_mut().find(same) {
            section.blocks.push(block);
            continue;
        }
        let lower = block.case.chars().map(|c| c.to_ascii_lowercase());
        let plain = lower.map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
        let mut id = format!("case-{}", plain.collect::<String>());
        while sections.iter().any(|section| section.id == id) {
            id.push('_');
        }
        sections.push(Section { id, group: &block.group, blocks: vec![block] });
    }
    sections
}

/// The sections of each group, in the order of the groups' first sections.
fn by_group<'s, 'r>(sections: &'s [Section<'r>]) -> Vec<(&'r str, Vec<&'s Section<'r>>)> {
    let mut groups: Vec<(&str, Vec<&Section<'_>>)> = Vec::new();
    for section in sections {
        match groups.iter_mut().find(|group| group.0 == section.group) {
            Some(group) => group.1.push(section),
            None => groups.push((section.group, vec![section])),
        }
    }
    groups
}

fn group_title(group: &str) -> String {
    match group {
        "threads" => "Thread pools".to_owned(),
        "processes" => "Process pools".to_owned(),
        "shared" => "What processes share".to_owned(),
        other => other.to_owned(),
    }
}

/// `2026-01-31`.
fn day(date: &str) -> &str {
    date.split('T').next().unwrap_or(date)
}

fn header(report: &Report) -> Element {
    let minute = date_to_the_minute(&report.date);
    let time = element("time").with("datetime", &report.date).text(minute);
    let build = &report.build;
    let versions =
        format!("concurrent-futures {}, {}, {} build", build.version, build.rustc, build.profile);
    let entry =
        |name: &str, value: Element| element("div").child(element("dt").text(name)).child(value);
    let command = element("code").text(notes::shell(&report.command));
    let facts = element("dl")
        .class("facts")
        .child(entry("Date", element("dd").child(time)))
        .child(entry("Machine", element("dd").text(machine(&report.machine))))
        .child(entry("Versions", element("dd").text(versions)))
        .child(entry("Command", element("dd").child(command)));
    element("header")
        .child(element("h1").text("Thread pools and process pools compared"))
        .child(element("p").class("lead").text(
            "concurrent-futures (“ours”) next to other pools: the same work, in the same run, in turns.",
        ))
        .child(facts)
        .children(warnings(report))
}

fn date_to_the_minute(date: &str) -> String {
    match (date.split_once('T'), date.ends_with('Z')) {
        (Some((day, time)), true) => {
            let minute = time.get(..5).unwrap_or(time);
            format!("{day}, {minute} UTC")
        }
        _ => date.to_owned(),
    }
}

fn machine(machine: &Machine) -> String {
    let mut parts = vec![figures::count(machine.cores as u64, "processors")];
    parts.extend(machine.processor.as_ref().map(|name| format!("({name})")));
    let mut text = parts.join(" ");
    if let Some(memory) = machine.memory {
        text += &format!(", {} of memory", figures::memory(memory));
    }
    text += &format!(", {}", machine.system);
    let load = |load: Option<f64>| load.map_or_else(|| "?".to_owned(), |load| format!("{load:.2}"));
    if machine.load_before.is_some() || machine.load_after.is_some() {
        let (before, after) = (load(machine.load_before), load(machine.load_after));
        text += &format!("; load average {before} before the run, {after} after it");
    }
    text
}

/// What makes the numbers worth less.
fn warnings(report: &Report) -> Vec<Element> {
    let mut boxes = Vec::new();
    let mut warn = |class: &str, strong: &str, text: String| {
        let strong = element("strong").text(strong);
        let class = format!("box {class}");
        boxes.push(element("p").class(class).with("role", "note").child(strong).text(text));
    };
    if report.quick {
        let text = " This was a quick run, which shows that everything works. Do not quote it.";
        warn("warning", "The numbers are rough.", text.to_owned());
    }
    if report.build.profile != "release" {
        let text = format!(" This is a {} build. Do not quote it.", report.build.profile);
        warn("warning", "The numbers mean nothing.", text);
    }
    for block in &report.results {
        for row in &block.rows {
            if matches!(row.outcome, Outcome::Failed { .. }) {
                let words = bars::excuse(&row.outcome).unwrap_or_default();
                warn("failure", &format!("{}, {}:", block.case, row.name), format!(" {words}"));
            }
        }
    }
    boxes
}

fn contents(sections: &[Section<'_>]) -> Element {
    let link =
        |to: &str, text: &str| element("a").with("href", format!("#{to}")).text(text.to_owned());
    let item = |to: &str, text: &str| element("li").child(link(to, text));
    let groups = by_group(sections).into_iter().map(|(group, sections)| {
        let cases = sections.iter().map(|section| item(&section.id, section.case()));
        element("li")
            .child(link(&group_id(group), &group_title(group)))
            .child(element("ul").children(cases))
    });
    let list = element("ul")
        .child(item("overview", "Overview"))
        .children(groups)
        .child(item("reading", "How to read it"))
        .child(item("method", "How it was measured, and how to repeat it"))
        .child(item("contestants", "Who took part"));
    element("nav").with("aria-label", "Contents").child(list)
}

fn group_id(group: &str) -> String {
    let plain = group.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    format!("group-{}", plain.collect::<String>())
}

fn overview(report: &Report, sections: &[Section<'_>]) -> Element {
    let score = overview::score(&report.results);
    let total: u64 = score.iter().sum();
    let [ahead, level, behind] = score;
    let text = format!(
        "Ours against the best peer of each case and size, by their medians. Of {}, ours is ahead \
         in {ahead} and behind in {behind}; in {level} their spreads overlap. A curve has one line \
         with a dot for each size. Limits, in brackets, are no pools, but what the system needs \
         for the least that a pool has to do.",
        figures::count(total, "comparisons"),
    );
    let scale = overview::scale(&report.results);
    let tables = by_group(sections).into_iter().flat_map(|(group, sections)| {
        let lines: Vec<Comparison<'_>> =
            sections.iter().flat_map(|section| section.figures()).collect();
        let title = element("h3").text(group_title(group));
        [title, element("div").class("scroll").child(overview::table(&lines, &scale))]
    });
    element("section")
        .with("id", "overview")
        .child(element("h2").text("Overview"))
        .child(element("p").text(text))
        .children(tables)
}

fn groups(sections: &[Section<'_>]) -> Vec<Element> {
    let group = |(group, sections): (&str, Vec<&Section<'_>>)| {
        let blocks = sections.iter().flat_map(|section| section.blocks.iter().copied());
        let looks = curves::looks(blocks);
        element("section")
            .with("id", group_id(group))
            .child(element("h2").text(group_title(group)))
            .children(sections.iter().map(|section| case(section, &looks)))
    };
    by_group(sections).into_iter().map(group).collect()
}

fn case(section: &Section<'_>, looks: &Looks<'_>) -> Element {
    let title = section.blocks.first().map_or("", |block| &block.title);
    let heading = element("h3")
        .text(format!("{} ", capitalized(title)))
        .child(element("code").text(section.case()));
    let mut notes: Vec<&str> = section.blocks.iter().map(|block| block.note.as_str()).collect();
    notes.dedup();
    let one_note = matches!(notes[..], [_]);
    let note = notes.first().filter(|note| one_note && !note.is_empty());
    let note = note.map(|note| element("p").class("note").text(format!("{}.", capitalized(note))));
    let figures = section.figures();
    let figures = figures.iter().map(|figure| match figure.axis {
        Some(axis) => curve(figure, axis, looks),
        None => block(figure.blocks[0], !one_note),
    });
    element("section")
        .class("case")
        .with("id", &section.id)
        .child(heading)
        .children(note)
        .children(figures)
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

fn block(block: &Block, with_note: bool) -> Element {
    let mut parts = vec![
        figures::count(block.workers as u64, "workers"),
        figures::count(block.operations, &block.operations_are),
    ];
    parts.extend(block.bytes.map(|bytes| format!("{} each", figures::memory(bytes as u64))));
    parts.push(figures::count(block.repetitions as u64, "repetitions"));
    parts.extend((with_note && !block.note.is_empty()).then(|| block.note.clone()));
    element("figure")
        .child(element("figcaption").text(parts.join(" · ")))
        .child(element("div").class("scroll").child(bars::table(block)))
}

fn curve(figure: &Comparison<'_>, axis: Axis, looks: &Looks<'_>) -> Element {
    let (blocks, first) = (&figure.blocks, figure.blocks[0]);
    let repetitions = blocks.iter().map(|block| block.repetitions as u64);
    let [least, most] =
        [repetitions.clone().min(), repetitions.max()].map(Option::unwrap_or_default);
    let repetitions = figures::count(most, "repetitions");
    let mut parts = vec![capitalized(&curves::caption(first.unit, axis, &first.operations_are))];
    if axis != Axis::Workers {
        parts.push(figures::count(first.workers as u64, "workers"));
    }
    if axis == Axis::Workers {
        parts.push(figures::count(first.operations, &first.operations_are));
    }
    parts.push(if least == most { repetitions } else { format!("{least} to {repetitions}") });
    let numbers = element("details")
        .child(element("summary").text("The numbers"))
        .child(element("div").class("scroll").child(sizes::table(blocks, axis, looks)));
    element("figure")
        .child(element("figcaption").text(parts.join(" · ")))
        .children(curves::charts(blocks, axis, looks))
        .children(sizes::gaps(blocks, axis, looks))
        .child(numbers)
}

#[cfg(test)]
mod specimen;
#[cfg(test)]
mod tests;
