//! The numbers of a curve, and what is not in it.

use super::bars::{class, excuse, name};
use super::curves::Looks;
use super::figures;
use super::markup::{Element, element};
use crate::report::data::{Axis, Block, Role};

/// The numbers of the charts as a table: contestants down, sizes across.
pub(super) fn table(blocks: &[&Block], axis: Axis, looks: &Looks<'_>) -> Element {
    let corner = blocks
        .first()
        .map_or_else(String::new, |block| figures::positions(axis, &block.operations_are));
    let heads = blocks.iter().map(|block| {
        let at = figures::at(axis, figures::position(block, axis));
        element("th").with("scope", "col").class("number").text(at)
    });
    let head = element("tr").child(element("th").with("scope", "col").text(corner)).children(heads);
    let body = looks.iter().filter_map(|&(who, role)| line_of(blocks, who, role));
    element("table")
        .class("numbers")
        .child(element("thead").child(head))
        .child(element("tbody").children(body))
}

fn line_of(blocks: &[&Block], who: &str, role: Role) -> Option<Element> {
    let rows: Vec<_> = blocks
        .iter()
        .map(|block| (block, block.rows.iter().find(|row| row.name == who && row.role == role)))
        .collect();
    let label = rows.iter().find_map(|(_, row)| row.map(name))?;
    let cells = rows.iter().map(|(block, row)| {
        let cell = element("td").class("number");
        let Some(row) = row else { return cell.text("–") };
        let Some(summary) = row.summary() else {
            // The rest is said below the chart.
            let words = excuse(&row.outcome).unwrap_or_default();
            let first = words.split(':').next().unwrap_or_default().to_owned();
            return cell.child(element("small").text(first));
        };
        let range = figures::range(block.unit, summary.min, summary.max);
        let mut cell = cell.text(figures::value(block.unit, summary.median));
        cell = cell.child(element("br")).child(element("small").text(range));
        let fewer = summary.operations.filter(|&operations| operations != block.operations);
        let fewer = fewer.map(|operations| {
            let text = figures::count(operations, figures::noun(&block.operations_are));
            element("small").child(element("br")).text(text)
        });
        cell.children(fewer)
    });
    let name = element("th").with("scope", "row").text(label);
    Some(element("tr").class(class(role)).child(name).children(cells))
}

/// What is not drawn, and why: `rayon at 64: cannot do this`.
pub(super) fn gaps(blocks: &[&Block], axis: Axis, looks: &Looks<'_>) -> Option<Element> {
    let mut items = Vec::new();
    for &(who, role) in looks {
        let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
        let mut label = String::new();
        for block in blocks {
            let row = block.rows.iter().find(|row| row.name == who && row.role == role);
            let Some((row, words)) = row.and_then(|row| Some((row, excuse(&row.outcome)?))) else {
                continue;
            };
            label = name(row);
            let at = figures::at(axis, figures::position(block, axis));
            match reasons.iter_mut().find(|reason| reason.0 == words) {
                Some(reason) => reason.1.push(at),
                None => reasons.push((words, vec![at])),
            }
        }
        for (words, places) in reasons {
            let everywhere = places.len() == blocks.len();
            let places =
                if everywhere { String::new() } else { format!(" at {}", places.join(", ")) };
            items.push(element("li").text(format!("{label}{places}: {words}")));
        }
    }
    (!items.is_empty()).then(|| element("ul").class("gaps").children(items))
}
