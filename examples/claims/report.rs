//! What the program says: sections, aligned facts and tables, as plain text.

use std::env;
use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

const INDENT: &str = "   ";

/// Writes an account of a run. Errors are those of the output, as when a pipe is closed.
#[derive(Debug)]
pub struct Report {
    out: io::Stdout,
    bold: bool,
    sections: u32,
}

impl Report {
    /// Writes to the standard output; with bold titles if that is a terminal and `NO_COLOR` is
    /// not set.
    #[must_use]
    pub fn stdout() -> Self {
        let out = io::stdout();
        let wanted = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let bold = wanted && out.is_terminal();
        Self {
            out,
            bold,
            sections: 0,
        }
    }

    /// A title without a number.
    pub fn title(&mut self, title: impl Display) -> io::Result<()> {
        if self.bold {
            writeln!(self.out, "\x1b[1m{title}\x1b[0m")
        } else {
            writeln!(self.out, "{title}")
        }
    }

    /// An empty line, and the title of the next numbered section.
    pub fn section(&mut self, title: impl Display) -> io::Result<()> {
        self.sections += 1;
        let number = self.sections;
        writeln!(self.out)?;
        self.title(format_args!("{number}. {title}"))
    }

    /// One line of text.
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{}", format!("{INDENT}{text}").trim_end())
    }

    /// A name and what is to be said about it.
    pub fn fact(&mut self, name: &str, value: impl Display) -> io::Result<()> {
        self.line(format_args!("{name:<13} {value}"))
    }

    /// Rows under a heading. `>` in `align` puts a column to the right, `<` to the left.
    pub fn table<const N: usize>(
        &mut self,
        align: [char; N],
        heading: [&str; N],
        rows: &[[String; N]],
    ) -> io::Result<()> {
        let heading = heading.map(str::to_owned);
        let all = || std::iter::once(&heading).chain(rows);
        let width = |column: usize| {
            all()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: [usize; N] = std::array::from_fn(width);
        for row in all() {
            let mut line = String::new();
            for ((cell, align), width) in row.iter().zip(align).zip(widths) {
                let padding = " ".repeat(width - cell.chars().count());
                let (left, right) = if align == '>' {
                    (&*padding, "")
                } else {
                    ("", &*padding)
                };
                // Writing to a string does not fail.
                let _ = write!(line, "{left}{cell}{right}  ");
            }
            self.line(line)?;
        }
        Ok(())
    }
}

/// A number with separators: `46,138`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A number and its noun: `1 event`, `2 events`.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    format!(
        "{} {noun}{}",
        count(number),
        if number == 1 { "" } else { "s" }
    )
}

/// An amount in cents: `1,234.50`.
#[must_use]
pub fn money(cents: u64) -> String {
    format!("{}.{:02}", count(cents / 100), cents % 100)
}

/// A duration in the unit that suits it: `3.2 days`, `18 min`, `4.1 ms`.
#[must_use]
pub fn span(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        ..0.001 => format!("{:.0} µs", seconds * 1e6),
        ..1.0 => format!("{:.1} ms", seconds * 1e3),
        ..120.0 => format!("{seconds:.2} s"),
        ..7_200.0 => format!("{:.1} min", seconds / 60.0),
        ..172_800.0 => format!("{:.1} hours", seconds / 3_600.0),
        _ => format!("{:.1} days", seconds / 86_400.0),
    }
}

/// How many a second: `12,345/s`.
#[must_use]
pub fn rate(number: u64, took: Duration) -> String {
    let per_second = number as f64 / took.as_secs_f64().max(1e-6);
    format!("{}/s", count(per_second.round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, shown) in [(0, "0"), (999, "999"), (1_000, "1,000"), (46_138, "46,138")] {
            assert_eq!(count(number), shown);
        }
        assert_eq!(money(123_450), "1,234.50");
        assert_eq!(money(5), "0.05");
        assert_eq!(counted(1, "event"), "1 event");
    }

    #[test]
    fn a_duration_has_a_unit_that_suits_it() {
        for (micros, shown) in [
            (250, "250 µs"),
            (4_100, "4.1 ms"),
            (1_500_000, "1.50 s"),
            (1_080_000_000, "18.0 min"),
            (28_633_000_000, "8.0 hours"),
            (276_480_000_000, "3.2 days"),
        ] {
            assert_eq!(span(Duration::from_micros(micros)), shown);
        }
    }
}
