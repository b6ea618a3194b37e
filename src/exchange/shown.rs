//! A list taken out just as it is shown: its columns, its rows, its order, masked as on the screen.

use super::export::{cannot_write, noted};
use super::listing::Out;
use super::written::{CsvOut, RowsOut, XlsxOut};
use super::{FileTrouble, Format};
use crate::office::{Actor, Office, Order, Queue, Refusal, Right};
use crate::store::{Existing, NewFile};
use crate::words::{Lang, Said};
use std::collections::BTreeMap;
use std::path::Path;

/// A list as somebody has it before them.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Which list.
    pub queue: Queue,
    /// What it is narrowed by.
    pub narrowed: String,
    pub order: Order,
}

/// Writes a list to a new file, a workbook where the name ends so, and gives the number of rows. The
/// export is in the journal before the first row is written.
///
/// # Errors
/// Without the right to export; where the file is there already or cannot be written.
pub fn export_shown(
    office: &Office,
    actor: &Actor,
    shown: &Shown,
    lang: Lang,
    path: &Path,
) -> Result<usize, Refusal> {
    actor.need(Right::Export)?;
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    let workbook = ending.as_deref() == Some("xlsx");
    let Shown { queue, narrowed, order } = shown;
    let listed = office.list_ordered(actor, queue, narrowed, Some(order), 0, usize::MAX);
    let mut file = NewFile::begin(path, Existing::Kept)
        .map_err(|error| Refusal::from(FileTrouble::from(error)))?;
    let title = office.queue_title(queue);
    let particulars = BTreeMap::from([
        ("list".to_string(), title.zh.to_string()),
        ("rows".to_string(), listed.lines.len().to_string()),
        ("format".to_string(), if workbook { Format::Xlsx } else { Format::Csv }.name().into()),
        ("masked".to_string(), "yes".to_string()),
        ("who".to_string(), actor.account.clone()),
        ("where".to_string(), narrowed.trim().to_string()),
    ]);
    noted(office, actor, particulars)?;
    let columns = office.columns_of(queue);
    let headings: Vec<String> =
        columns.iter().map(|column| column.title.get(lang).to_string()).collect();
    let cell = |said: Said| match said.get(lang) {
        "" => Out::Empty,
        text => Out::Text(text.to_string()),
    };
    let rows = |out: &mut dyn RowsOut| -> Result<(), Refusal> {
        out.headings(&headings).map_err(|error| cannot_write(&error))?;
        for line in &listed.lines {
            let row: Vec<Out> = office.cells(actor, line, &columns).into_iter().map(cell).collect();
            out.row(&row).map_err(|error| cannot_write(&error))?;
        }
        Ok(())
    };
    if workbook {
        let mut book = XlsxOut::new(title.get(lang));
        rows(&mut book)?;
        let about = about(office, actor, shown, listed.lines.len(), lang);
        book.finish(&about, &mut file).map_err(|error| cannot_write(&error))?;
    } else {
        let mut csv = CsvOut::new(&mut file).map_err(|error| cannot_write(&error))?;
        rows(&mut csv)?;
        csv.finish().map_err(|error| cannot_write(&error))?;
    }
    file.finish().map_err(|error| Refusal::from(FileTrouble::from(error)))?;
    Ok(listed.lines.len())
}

/// What is beside the table in a workbook: whose list it is and what was asked for.
fn about(
    office: &Office,
    actor: &Actor,
    Shown { queue, narrowed, order }: &Shown,
    rows: usize,
    lang: Lang,
) -> Vec<(String, String)> {
    let mut orders = office.orders(queue);
    orders.extend(office.orders_by_columns(queue, rows));
    let lines = [
        (Said::fixed("单位", "Station"), office.station_name().to_string()),
        (Said::fixed("导出人", "Exported by"), actor.account.clone()),
        (Said::fixed("日期", "Date"), office.today().to_string()),
        (Said::fixed("名单", "List"), office.queue_title(queue).get(lang).to_string()),
        (Said::fixed("筛选", "Narrowed by"), narrowed.trim().to_string()),
        (Said::fixed("次序", "Order"), order.said(&orders).get(lang).to_string()),
        (Said::fixed("行数", "Rows"), rows.to_string()),
    ];
    lines.into_iter().map(|(title, text)| (title.get(lang).to_string(), text)).collect()
}
