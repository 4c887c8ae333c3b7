//! The line in which a filter is written.

/// A text with a cursor behind it, and what was there before.
#[derive(Debug, Clone, Default)]
pub(super) struct FilterLine {
    /// The filter in force: words that an entry must have, all of them.
    text: String,
    /// The text before it was opened; none where it is not open.
    before: Option<String>,
}

impl FilterLine {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn is_open(&self) -> bool {
        self.before.is_some()
    }

    pub(super) fn open(&mut self) {
        self.before = Some(self.text.clone());
    }

    /// Keeps what was written.
    pub(super) fn accept(&mut self) {
        self.before = None;
    }

    /// Takes back what was written; where it is not open, the filter.
    pub(super) fn cancel(&mut self) {
        self.text = self.before.take().unwrap_or_default();
    }

    pub(super) fn put(&mut self, character: char) {
        self.text.push(character);
    }

    pub(super) fn rub_out(&mut self) {
        self.text.pop();
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    /// Whether `line` has every word, in any case.
    pub(super) fn takes(&self, line: &str) -> bool {
        let line = line.to_lowercase();
        self.text.split_whitespace().all(|word| line.contains(&word.to_lowercase()))
    }
}
