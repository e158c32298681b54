//! HCL as the old tools write it, read into plain sections: a block, an object and a list of objects all mean the same
//! to Vault Agent, and so they do here.

use hcl_edit::Decorated;
use hcl_edit::expr::{Expression, Object, ObjectKey};
use hcl_edit::structure::{Body, Structure};

/// A block or object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// Labels behind a block's name: `template "x"`.
    pub labels: Vec<String>,
    values: Vec<(String, String)>,
    sections: Vec<(String, Self)>,
}

impl Section {
    /// Reads a text.
    ///
    /// # Errors
    /// Line and reason where the text is no HCL.
    pub fn read(text: &str) -> Result<Self, String> {
        let body: Body = text.parse().map_err(|error: hcl_edit::parser::Error| {
            format!("line {}: {}", error.location().line(), error.message().replace('\n', "; "))
        })?;
        Ok(Self::of_body(&body))
    }

    /// A value as it would be typed, without quotes.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All sections of a name, in order.
    pub fn sections<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.sections.iter().filter(move |(known, _)| known == name).map(|(_, section)| section)
    }

    /// The first section of a name.
    pub fn section(&self, name: &str) -> Option<&Self> {
        self.sections.iter().find(|(known, _)| known == name).map(|(_, section)| section)
    }

    fn of_body(body: &Body) -> Self {
        let mut section = Self::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => section.put(attribute.key.as_str(), &attribute.value),
                Structure::Block(block) => {
                    let labels = block.labels.iter().map(|label| label.as_str().to_owned()).collect();
                    let inner = Self { labels, ..Self::of_body(&block.body) };
                    section.sections.push((block.ident.as_str().to_owned(), inner));
                }
            }
        }
        section
    }

    fn of_object(object: &Object) -> Self {
        let mut section = Self::default();
        for (key, value) in object {
            match key {
                ObjectKey::Ident(name) => section.put(name.as_str(), value.expr()),
                ObjectKey::Expression(name) => section.put(&plain(name), value.expr()),
            }
        }
        section
    }

    fn put(&mut self, name: &str, value: &Expression) {
        match value {
            Expression::Object(object) => self.sections.push((name.to_owned(), Self::of_object(object))),
            Expression::Array(items) if items.iter().any(Expression::is_object) => {
                items.iter().for_each(|item| self.put(name, item));
            }
            value => self.values.push((name.to_owned(), plain(value))),
        }
    }
}

fn plain(value: &Expression) -> String {
    match value {
        Expression::String(text) => Decorated::value(text).clone(),
        Expression::HeredocTemplate(text) => text.template.to_string(),
        value => value.to_string().trim().trim_matches('"').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_objects_and_lists_of_objects_are_sections_alike() {
        for text in ["a {\n b = 1\n}\n", "a = {\n b = 1\n}\n", "a = [{ b = 1 }]\n", "a = { \"b\" = 1 }\n"] {
            let section = Section::read(text).unwrap();
            assert_eq!(section.section("a").unwrap().value("b"), Some("1"), "{text}");
        }
    }

    #[test]
    fn values_are_as_they_would_be_typed() {
        let section =
            Section::read("a = \"x\"\nb = true\nc = 0644\nd = \"5${m}\"\ne = [1, 2]\nf = <<EOT\nhi\nEOT\n")
                .unwrap();
        assert_eq!((section.value("a"), section.value("b")), (Some("x"), Some("true")));
        assert_eq!((section.value("c"), section.value("d")), (Some("0644"), Some("5${m}")));
        assert_eq!(section.value("f").map(str::trim), Some("hi"));
    }

    #[test]
    fn a_text_that_is_no_hcl_is_told_with_its_line() {
        assert!(Section::read("a = 1\nb = \n").unwrap_err().starts_with("line 2"));
        assert!(Section::read("<html>").unwrap_err().starts_with("line 1"));
    }

    #[test]
    fn a_text_that_is_nested_without_end_ends_no_process() {
        for open in ["[", "(", "{a=", "!", "-", "\"${", "a{", "1?", "f("] {
            let _ = Section::read(&format!("x = {}", open.repeat(20_000)));
            let _ = Section::read(&open.repeat(20_000));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-z\"{}\\[\\]=<>$%\n -]{0,80}") {
            let _ = Section::read(&text);
        }
    }
}
