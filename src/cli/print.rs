//! Results as text: tables aligned by cells, JSON lines, problems of edited files.

use super::Done;
use crate::terminal::text;
use crate::words::{Lang, Problem};
use serde::Serialize;
use std::io::Write;

/// Widest column of a table, in cells, but for the last, which is never cut.
const WIDEST: usize = 40;

/// Writes one value as a line of JSON.
///
/// # Errors
/// When the output cannot be written.
pub fn json_line(out: &mut dyn Write, value: &impl Serialize) -> Done {
    serde_json::to_writer(&mut *out, value)?;
    Ok(out.write_all(b"\n")?)
}

/// Writes rows as columns aligned by the cells they take on a terminal.
///
/// # Errors
/// When the output cannot be written.
pub fn table<const N: usize>(
    out: &mut dyn Write,
    heading: [&str; N],
    rows: &[[String; N]],
) -> Done {
    let heading = heading.map(str::to_string);
    let mut widths = [0; N];
    for row in std::iter::once(&heading).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = text::width(cell).min(WIDEST).max(*width);
        }
    }
    for row in std::iter::once(&heading).chain(rows) {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
            let cell = text::harmless(cell);
            if at + 1 == N {
                line.push_str(&cell);
            } else {
                line.push_str(&text::fit(&cell, width));
                line.push_str("  ");
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// `file:line: what is wrong (probably meant: x)`.
#[must_use]
pub fn problem(problem: &Problem, lang: Lang) -> String {
    let Problem { file, line, message, meant } = problem;
    let place = if *line == 0 { file.clone() } else { format!("{file}:{line}") };
    let meant = match (meant, lang) {
        (None, _) => String::new(),
        (Some(meant), Lang::Zh) => format!("（可能想写：{meant}）"),
        (Some(meant), Lang::En) => format!(" (probably meant: {meant})"),
    };
    format!("{place}: {}{meant}", message.get(lang))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Said;

    #[test]
    fn columns_line_up_by_cells() {
        let mut out = Vec::new();
        let rows = [["张伟".to_string(), "a".to_string()], ["Li".to_string(), "b".to_string()]];
        table(&mut out, ["Name", "X"], &rows).unwrap();
        // 张伟 takes four cells, as does Name.
        assert_eq!(String::from_utf8(out).unwrap(), "Name  X\n张伟  a\nLi    b\n");
    }

    #[test]
    fn a_problem_is_one_line() {
        let wrong = Problem::new("p.toml", 3, Said::fixed("不认识 titel", "unknown titel"))
            .meaning(Some("title".into()));
        assert_eq!(problem(&wrong, Lang::En), "p.toml:3: unknown titel (probably meant: title)");
    }
}
