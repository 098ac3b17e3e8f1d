//! Elements of HTML and SVG: every tag is closed, and all text is escaped.

use std::fmt;

/// Elements that have no content, and are written as `<meta/>`.
const EMPTY: &[&str] = &["meta", "br", "rect", "line", "circle", "path"];
/// Elements after which a line ends, so that the page can be read as text.
const LINES: &[&str] = &[
    "head",
    "body",
    "title",
    "style",
    "meta",
    "header",
    "main",
    "footer",
    "nav",
    "section",
    "h1",
    "h2",
    "h3",
    "p",
    "ul",
    "ol",
    "li",
    "dl",
    "dd",
    "figure",
    "figcaption",
    "table",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "details",
    "summary",
    "div",
    "svg",
    "g",
];

/// An element with its attributes and what is in it.
#[derive(Clone, Debug)]
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    content: Vec<Node>,
}

#[derive(Clone, Debug)]
enum Node {
    Element(Element),
    Text(String),
    Style(&'static str),
}

/// An element with nothing in it yet.
pub(super) fn element(name: &'static str) -> Element {
    Element { name, attributes: Vec::new(), content: Vec::new() }
}

impl Element {
    /// Adds an attribute.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// Sets the attribute `class`.
    pub(super) fn class(self, names: impl Into<String>) -> Self {
        self.with("class", names)
    }

    /// Appends text.
    pub(super) fn text(mut self, text: impl Into<String>) -> Self {
        self.content.push(Node::Text(text.into()));
        self
    }

    /// Appends an element.
    pub(super) fn child(mut self, child: Self) -> Self {
        self.content.push(Node::Element(child));
        self
    }

    /// Appends elements, or none.
    pub(super) fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.content.extend(children.into_iter().map(Node::Element));
        self
    }

    /// Appends a style sheet, which is the only thing that is not escaped.
    pub(super) fn style(mut self, sheet: &'static str) -> Self {
        self.content.push(Node::Style(sheet));
        self
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name;
        write!(f, "<{name}")?;
        for (attribute, value) in &self.attributes {
            write!(f, " {attribute}=\"{}\"", Escaped(value))?;
        }
        if EMPTY.contains(&name) {
            f.write_str("/>")?;
        } else {
            f.write_str(">")?;
            for node in &self.content {
                match node {
                    Node::Element(child) => child.fmt(f)?,
                    Node::Text(text) => Escaped(text).fmt(f)?,
                    Node::Style(sheet) => f.write_str(sheet)?,
                }
            }
            write!(f, "</{name}>")?;
        }
        if LINES.contains(&name) { f.write_str("\n") } else { Ok(()) }
    }
}

/// Text with the characters that mean something to HTML written as entities, and without those
/// that must not be in it.
struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => write!(f, "{character}")?,
                _ if character.is_control() => f.write_str("\u{fffd}")?,
                _ => write!(f, "{character}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::element;

    #[test]
    fn text_and_attributes_are_escaped() {
        let hostile = "\"<b>'&\u{1b}";
        let page = element("p").with("title", hostile).text(hostile).to_string();
        let safe = "&quot;&lt;b&gt;&#39;&amp;\u{fffd}";
        assert_eq!(page, format!("<p title=\"{safe}\">{safe}</p>\n"));
    }

    #[test]
    fn every_element_is_closed() {
        let page = element("div").child(element("br")).child(element("span")).text("x");
        assert_eq!(page.to_string(), "<div><br/><span></span>x</div>\n");
    }
}
