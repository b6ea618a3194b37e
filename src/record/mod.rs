//! What is stored: values, the fields of a record, money, civil dates, identity numbers, regions.
//!
//! Knows what a value is and how a person may type one; knows no kind of record and no
//! program area. Everything here is plain data without I/O.

mod contact;
mod date;
mod fold;
mod identity;
mod money;
mod organisation;
mod region;
mod stored;
mod time;
mod value;

pub use contact::{
    ContactError, card_warning, mask_card, mask_phone, mask_text, parse_card, parse_phone,
};
pub use date::{DateError, FIRST_YEAR, LAST_YEAR, date_in_file, parse_date};
pub use fold::{clean_name, fold};
pub use identity::{IdError, IdNumber, Sex, mask_id};
pub use money::{MoneyError, parse_money, plain_money, show_money};
pub use organisation::{CodeError, OrganisationCode};
pub use region::{Region, Regions};
pub use stored::{Fields, MoveMade, Record, RecordId, Row, StoredSheet, WITHDRAWN};
pub use time::{
    CHINA_OFFSET_HOURS, Clock, FixedClock, Instant, SystemClock, china_date, china_offset,
};
pub use value::{PaperState, Value};
