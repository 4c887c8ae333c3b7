//! The tables and the examples of a manual page in mdoc(7).

/// What the tests read of the page.
#[derive(Default)]
pub(crate) struct Page {
    /// The tables, in their order.
    pub(crate) tables: Vec<Table>,
    /// The blocks of bytes, in their order.
    pub(crate) dumps: Vec<Dump>,
}

/// A `.Bl -column`.
pub(crate) struct Table {
    /// The heading that it stands under.
    pub(crate) heading: String,
    /// The heads of the columns.
    pub(crate) head: Vec<String>,
    /// The rows below.
    pub(crate) rows: Vec<Vec<String>>,
}

/// A `.Bd` that is a hex dump.
pub(crate) struct Dump {
    /// The heading that it stands under.
    pub(crate) heading: String,
    /// The paragraph before it, with single blanks between words.
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

/// Macros that say how a cell looks.
const LOOKS: [&str; 6] = ["Cm", "Dv", "Em", "Li", "Sy", "Va"];

impl Page {
    pub(crate) fn parse(source: &str) -> Self {
        let mut page = Self::default();
        let (mut heading, mut text) = (String::new(), String::new());
        let mut lines = source.lines();
        while let Some(line) = lines.next() {
            if let Some(words) = line.strip_prefix(".Ss ").or_else(|| line.strip_prefix(".Sh ")) {
                words.clone_into(&mut heading);
                text.clear();
            } else if line == ".Pp" {
                text.clear();
            } else if line.starts_with(".Bl -column") {
                let rows = lines.by_ref().take_while(|line| *line != ".El");
                let mut rows = rows.filter_map(|line| line.strip_prefix(".It ")).map(cells);
                let head = rows.next().expect("a table has a head");
                let rows = rows.collect();
                page.tables.push(Table { heading: heading.clone(), head, rows });
            } else if line.starts_with(".Bd ") {
                let block: Vec<_> = lines.by_ref().take_while(|line| *line != ".Ed").collect();
                if let Some(bytes) = bytes_of(&block) {
                    let text = std::mem::take(&mut text);
                    page.dumps.push(Dump { heading: heading.clone(), text, bytes });
                }
            } else {
                let space = if text.is_empty() { "" } else { " " };
                text += space;
                text += line;
            }
        }
        page
    }

    /// The table under `heading`.
    pub(crate) fn table(&self, heading: &str) -> &Table {
        let found = self.tables.iter().find(|table| table.heading == heading);
        found.unwrap_or_else(|| panic!("the page has no table of {heading:?}"))
    }
}

/// The cells of a row, without macros.
fn cells(row: &str) -> Vec<String> {
    row.split(' ')
        .collect::<Vec<_>>()
        .split(|word| *word == "Ta")
        .map(|cell| {
            let words = cell.iter().filter(|word| !LOOKS.contains(word));
            words.copied().collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// The bytes of a dump with an offset before each line.
fn bytes_of(block: &[&str]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for line in block {
        let (offset, digits) = line.split_once("  ")?;
        assert_eq!(usize::from_str_radix(offset, 16).ok()?, bytes.len(), "offset of {line:?}");
        for byte in digits.split_whitespace() {
            bytes.push(u8::from_str_radix(byte, 16).expect("two hex digits a byte"));
        }
    }
    Some(bytes)
}

/// A number, decimal or hexadecimal.
pub(crate) fn number(text: &str) -> u64 {
    let read = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    read.unwrap_or_else(|_| panic!("{text:?} is no number"))
}
