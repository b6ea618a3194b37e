//! What is stored: values, the fields of a record, money, civil dates, identity numbers, regions.
//!
//! Knows what a value is and how a person may type one; knows no kind of record and no
//! program area. Everything here is plain data without I/O.

mod account_name;
mod contact;
mod date;
mod fold;
mod identity;
mod marks;
mod money;
mod name;
mod organisation;
mod proper;
mod region;
mod stored;
mod time;
mod value;

pub use account_name::{AccountNameError, account_form, account_look, account_name};
use contact::luhn_fits;
pub use contact::{
    ContactError, card_warning, mask_card, mask_phone, mask_text, parse_card, parse_phone,
};
pub use date::{DateError, FIRST_YEAR, LAST_YEAR, date_in_file, parse_date, parse_month};
pub use fold::fold;
use identity::check_fits;
pub use identity::{BirthPart, IdError, IdNumber, Sex, id_key, mask_id, new_id_form, old_id_form};
pub use marks::{Cut, SheetMark, looks_cut, looks_cut_card, mask_refused};
pub use money::{MoneyError, parse_money, plain_money, show_money};
pub use name::{NameError, check_name, clean_name, name_key, private_in, unseen_in};
pub use organisation::{CodeError, OrganisationCode};
pub use proper::{is_plain_han, is_private, proper_char, proper_text, with_codes};
pub use region::{Region, Regions};
pub use stored::{
    ERASED, Fields, Finding, MoveMade, Proposal, Record, RecordId, Row, StoredSheet, TAKEN_BACK,
    WITHDRAWN,
};
pub use time::{
    CHINA_OFFSET_HOURS, Clock, FixedClock, Instant, SystemClock, china_date, china_offset,
};
pub use value::{PaperState, Value};
