//! Tables for people. The only file that names `comfy_table`. It knows nothing of what the cells mean.

use comfy_table::{CellAlignment, ContentArrangement, Table as Drawing, presets};

/// Rows of text under headings.
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
    right: Vec<usize>,
}

impl Table {
    /// An empty table with these headings.
    pub fn new<S: Into<String>>(headings: impl IntoIterator<Item = S>) -> Self {
        Self { headings: headings.into_iter().map(Into::into).collect(), rows: Vec::new(), right: Vec::new() }
    }

    /// What is known of one thing, each property on a line.
    pub fn of_properties<N: Into<String>>(properties: impl IntoIterator<Item = (N, String)>) -> Self {
        let mut table = Self::new(["property", "value"]);
        for (name, value) in properties {
            table.row([name.into(), value]);
        }
        table
    }

    /// Sets columns, counted from 0, flush right, as numbers are read.
    #[must_use]
    pub fn right(mut self, columns: impl IntoIterator<Item = usize>) -> Self {
        self.right.extend(columns);
        self
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The table as lines, at most `width` characters wide if there is a width to fit.
    pub fn draw(&self, width: Option<u16>) -> String {
        let mut drawing = Drawing::new();
        drawing.load_style(presets::NOTHING);
        if let Some(width) = width {
            drawing.set_content_arrangement(ContentArrangement::Dynamic);
            drawing.set_width(width);
        }
        drawing.set_header(self.headings.iter().map(|cell| plain(cell)));
        for row in &self.rows {
            drawing.add_row(row.iter().map(|cell| plain(cell)));
        }
        let columns = drawing.column_count();
        for column in drawing.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for column in self.right.iter().filter(|column| **column < columns) {
            if let Some(column) = drawing.column_mut(*column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        drawing.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

/// A cell without control characters: stored text must not move the cursor of whoever looks at it.
fn plain(cell: &str) -> String {
    if !cell.chars().any(char::is_control) {
        return cell.into();
    }
    cell.chars()
        .flat_map(|character| {
            let escaped = character.is_control().then(|| character.escape_default());
            let kept = (!character.is_control()).then_some(character);
            escaped.into_iter().flatten().chain(kept)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["id", "amount", "text"]).right([1]);
        table.row(["a", "5", "milk and honey and bread and butter and cheese"]);
        table.row(["long-id", "12345", "\u{1b}[2J\u{9b}\n"]);
        table
    }

    #[test]
    fn a_table_fits_the_width_it_is_given() {
        assert!(table().draw(Some(40)).lines().all(|line| line.chars().count() <= 40));
        assert!(table().draw(None).lines().any(|line| line.ends_with("butter and cheese")));
    }

    #[test]
    fn stored_text_cannot_control_the_terminal() {
        let drawn = table().draw(None);
        assert!(drawn.contains(r"\u{1b}[2J\u{9b}\n"), "{drawn}");
        assert!(!drawn.trim_end().chars().any(|character| character.is_control() && character != '\n'));
    }

    #[test]
    fn numbers_stand_flush_right() {
        assert!(table().draw(None).contains("\na             5  milk"), "{}", table().draw(None));
    }
}
