//! A table of the file while it is read: what was asked for is known, what is left over is a mistake.

use super::findings::{Findings, Rule, listed};
use crate::model::{Mistake, Place, escaped};
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A name with its article, for a message.
pub(super) fn a(name: &str) -> String {
    let article = match name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        true => "an",
        false => "a",
    };
    format!("{article} {name}")
}

/// Something that was read, with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// A name or a value of the file for a message: escaped, since it goes to a terminal, and not too long.
pub(super) fn shown(text: &str) -> String {
    escaped(text.as_bytes(), 64)
}

/// One `key = value` of the file.
#[derive(Debug, Clone)]
pub(super) struct Item<'t> {
    pub(super) key: Placed<&'t str>,
    pub(super) place: Place,
    value: &'t DeValue<'t>,
}

impl<'t> Item<'t> {
    /// An element of a list; its key is the list's.
    pub(super) fn element(&self, value: &'t Spanned<DeValue<'t>>) -> Self {
        Self {
            key: self.key.clone(),
            place: value.span(),
            value: value.get_ref(),
        }
    }

    pub(super) const fn value(&self) -> &'t DeValue<'t> {
        self.value
    }

    /// What it is, in a maker's words.
    pub(super) const fn is(&self) -> &'static str {
        match self.value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a point",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        }
    }

    /// A mistake at the value.
    pub(super) fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake::new(self.place.clone(), message)
    }

    pub(super) fn text(&self, findings: &mut Findings<'_>) -> Option<&'t str> {
        let text = self.value.as_str();
        if text.is_none() {
            let message = format!(
                "`{}` is {}; it takes text",
                shown(self.key.value),
                self.is()
            );
            findings.refuse(
                Rule::NotText,
                self.mistake(message).help("text stands in quotes"),
            );
        }
        text
    }

    /// An integer within `min..=max`; `range_rule` is broken outside, and `about` is the advice then.
    pub(super) fn integer(
        &self,
        (min, max): (i64, i64),
        range_rule: Rule,
        about: &str,
        findings: &mut Findings<'_>,
    ) -> Option<i64> {
        let key = shown(self.key.value);
        let DeValue::Integer(written) = self.value else {
            let message = format!(
                "`{key}` is {}; it takes a whole number, {min} to {max}",
                self.is()
            );
            findings.refuse(Rule::NotInteger, self.mistake(message));
            return None;
        };
        let number = i64::from_str_radix(written.as_str(), written.radix()).ok();
        let fits = number.filter(|number| (min..=max).contains(number));
        if fits.is_none() {
            let message = format!(
                "`{key}` is {}; allowed is {min} to {max}",
                shown(&written.to_string())
            );
            findings.refuse(range_rule, self.mistake(message).help(about));
        }
        fits
    }

    /// Seconds within `min..=max`, with or without a point.
    pub(super) fn seconds(
        &self,
        (min, max): (f64, f64),
        range_rule: Rule,
        findings: &mut Findings<'_>,
    ) -> Option<Duration> {
        let written = match self.value {
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str()),
            DeValue::Float(number) => Some(number.as_str()),
            _ => None,
        };
        let number = written.and_then(|text| text.parse::<f64>().ok());
        let fits = number.filter(|number| (min..=max).contains(number));
        if fits.is_none() {
            let found = written.map_or_else(|| self.is().to_owned(), shown);
            let key = shown(self.key.value);
            let message = format!("`{key}` is {found}; it takes seconds, {min} to {max}");
            findings.refuse(range_rule, self.mistake(message));
        }
        fits.map(Duration::from_secs_f64)
    }

    pub(super) fn boolean(&self, findings: &mut Findings<'_>) -> Option<bool> {
        let found = self.value.as_bool();
        if found.is_none() {
            let message = format!(
                "`{}` is {}; it takes true or false",
                shown(self.key.value),
                self.is()
            );
            findings.refuse(Rule::NotBoolean, self.mistake(message));
        }
        found
    }

    /// A table below this key. `what` names it in messages; `unknown` is the rule that its unknown keys break.
    pub(super) fn section(
        &self,
        what: &str,
        unknown: Rule,
        findings: &mut Findings<'_>,
    ) -> Option<Section<'t>> {
        let Some(table) = self.value.as_table() else {
            let key = shown(self.key.value);
            let message = format!("`{key}` is {}; {what} is a table", self.is());
            findings.refuse(Rule::NotTable, self.mistake(message));
            return None;
        };
        Some(Section::new(what, self.key.place.clone(), unknown, table))
    }
}

/// A table of the file.
#[derive(Debug)]
pub(super) struct Section<'t> {
    /// What it is called in a message.
    pub(super) what: String,
    /// Where it is named; what is missing is missing there.
    pub(super) place: Place,
    unknown: Rule,
    left: Vec<Item<'t>>,
    asked: Vec<&'static str>,
}

impl<'t> Section<'t> {
    pub(super) fn new(what: &str, place: Place, unknown: Rule, table: &'t DeTable<'t>) -> Self {
        let mut left: Vec<Item<'t>> = table
            .iter()
            .map(|(key, value)| Item {
                key: Placed {
                    value: key.get_ref().as_ref(),
                    place: key.span(),
                },
                place: value.span(),
                value: value.get_ref(),
            })
            .collect();
        left.sort_by_key(|item| item.key.place.start);
        Self {
            what: what.to_owned(),
            place,
            unknown,
            left,
            asked: Vec::new(),
        }
    }

    /// Whether something stands at a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.left.iter().any(|item| item.key.value == key)
    }

    /// Takes what stands at a key that this table knows.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Item<'t>> {
        self.asked.push(key);
        self.take_misplaced(key)
    }

    /// Takes what stands at a key that tables like this one know, but not this one.
    pub(super) fn take_misplaced(&mut self, key: &str) -> Option<Item<'t>> {
        let index = self.left.iter().position(|item| item.key.value == key)?;
        Some(self.left.remove(index))
    }

    /// Takes everything: a table whose keys are names that the user chose. In the order of the file.
    pub(super) fn take_all(&mut self) -> Vec<Item<'t>> {
        std::mem::take(&mut self.left)
    }

    /// Says that `key` is missing, or, if a key is left over that was most likely meant for it, names that one.
    pub(super) fn missing(
        &mut self,
        key: &str,
        rule: Rule,
        mistake: Mistake,
        findings: &mut Findings<'_>,
    ) {
        let left = self.left.iter().map(|item| item.key.value);
        match findings.nearest(key, left).map(str::to_owned) {
            Some(near) => {
                if let Some(item) = self.take_misplaced(&near) {
                    self.refuse_key(&item, format!("did you mean `{key}`?"), findings);
                }
            }
            None => findings.refuse(rule, mistake),
        }
    }

    fn refuse_key(&self, item: &Item<'_>, help: String, findings: &mut Findings<'_>) {
        let message = format!("{} has no key `{}`", self.what, shown(item.key.value));
        let mistake = Mistake::new(item.key.place.clone(), message).help(help);
        findings.refuse(self.unknown, mistake);
    }

    /// All keys must have been asked for by now. `better` may know better what was meant by one that was not.
    pub(super) fn finish(
        self,
        better: impl Fn(&str) -> Option<String>,
        findings: &mut Findings<'_>,
    ) {
        for item in &self.left {
            let key = item.key.value;
            let asked = || self.asked.iter().copied();
            let help = better(key).unwrap_or_else(|| match findings.nearest(key, asked()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its keys: {}", listed(asked())),
            });
            self.refuse_key(item, help, findings);
        }
    }
}
