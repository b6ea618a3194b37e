//! Invented people: identity numbers under an address code that was never given out, phones that
//! count up.

use super::dice::Dice;
use super::names::{MEN, STREETS, SURNAMES, UNITS, WOMEN};
use crate::record::{Fields, Sex, Value};
use chrono::{Datelike, Days, NaiveDate};
use std::collections::HashSet;

/// The address code of all invented people; it was never assigned.
pub(super) const ADDRESS_CODE: &str = "500199";

/// Somebody who does not exist.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub name: String,
    pub id_number: String,
    pub sex: Sex,
    pub born: NaiveDate,
    pub phone: String,
}

impl Person {
    /// The surname: two characters for the double surnames of the table.
    pub fn surname(&self) -> &'static str {
        let fits = |surname: &&&str| self.name.starts_with(**surname);
        let longest = SURNAMES.iter().filter(fits).max_by_key(|surname| surname.len());
        longest.copied().unwrap_or("王")
    }

    /// What the counter writes down of them when they are registered.
    pub fn fields(&self, dice: &mut Dice, told: NaiveDate) -> Fields {
        let text = |text: &str| Value::Text(text.to_string());
        let choice = |code: &str| Value::Choice(code.to_string());
        let (unit, nature, state, industry) = dice.pick(UNITS);
        let at_work = ["on_post", "on_post", "on_post", "flexible", "laid_off", "sick_leave"];
        let house = format!(
            "{}{}号{}-{}",
            dice.pick(STREETS),
            dice.between(1, 188),
            dice.between(1, 9),
            dice.between(1, 8)
        );
        let sex = if self.sex == Sex::Male { "male" } else { "female" };
        Fields::from([
            ("name".into(), text(&self.name)),
            ("id_number".into(), text(&self.id_number)),
            ("sex".into(), choice(sex)),
            ("birth_date".into(), Value::Date(self.born)),
            ("ethnic_group".into(), choice(dice.pick(&["01", "01", "01", "01", "15", "06"]))),
            ("phone".into(), text(&self.phone)),
            ("address".into(), text(&house)),
            ("residence_region".into(), text("500113")),
            ("hukou".into(), choice(dice.pick(&["non_agricultural", "agricultural", "converted"]))),
            ("education".into(), choice(dice.pick(&["junior", "senior", "vocational", "college"]))),
            ("work_status".into(), choice(dice.pick(&at_work))),
            ("employer".into(), text(unit)),
            ("unit_nature".into(), choice(nature)),
            ("unit_state".into(), choice(state)),
            ("industry".into(), choice(industry)),
            ("groups".into(), Value::Tags(vec!["union_member".into()])),
            ("told_on".into(), Value::Date(told)),
            ("told_version".into(), text("2025-1")),
        ])
    }
}

/// Makes people up, no two with the same number.
pub(super) struct Inventor {
    today: NaiveDate,
    given: HashSet<String>,
    phones: u64,
}

impl Inventor {
    /// An inventor of people alive on `today`.
    pub fn new(today: NaiveDate) -> Self {
        Self { today, given: HashSet::new(), phones: 0 }
    }

    /// A worker of 20 to 59 years, with a name from the tables.
    pub fn worker(&mut self, dice: &mut Dice) -> Person {
        let sex = if dice.one_in(2) { Sex::Female } else { Sex::Male };
        let age = dice.between(20, 59);
        self.person(dice, None, sex, age)
    }

    /// Somebody of a given surname, or any, and age in years.
    pub fn person(&mut self, dice: &mut Dice, surname: Option<&str>, sex: Sex, age: i64) -> Person {
        let surname = surname.unwrap_or_else(|| dice.pick(SURNAMES));
        let given = dice.pick(if sex == Sex::Male { MEN } else { WOMEN });
        self.named(dice, &format!("{surname}{given}"), sex, age)
    }

    /// Somebody of this name.
    pub fn named(&mut self, dice: &mut Dice, name: &str, sex: Sex, age: i64) -> Person {
        let days = age * 365 + age / 4 + 1 + dice.between(0, 360);
        let days = Days::new(u64::try_from(days).unwrap_or(0));
        let born = self.today.checked_sub_days(days).unwrap_or(self.today);
        let id_number = self.id_number(dice, born, sex);
        self.phones += 1;
        let phone = format!("138{:08}", self.phones);
        Person { name: name.to_string(), id_number, sex, born, phone }
    }

    fn id_number(&mut self, dice: &mut Dice, born: NaiveDate, sex: Sex) -> String {
        let odd = i64::from(sex == Sex::Male);
        loop {
            // Odd sequence numbers are men's (GB 11643).
            let sequence = dice.between(0, 499) * 2 + odd;
            let body = format!("{ADDRESS_CODE}{}{sequence:03}", born.format("%Y%m%d"));
            let number = format!("{body}{}", check_character(&body));
            if self.given.insert(number.clone()) {
                return number;
            }
        }
    }

    /// The same person with a number of the fifteen digits used before 1999.
    pub fn with_old_number(&mut self, mut person: Person) -> Person {
        let odd = if person.sex == Sex::Male { 1 } else { 2 };
        let year = person.born.year() % 100;
        let rest = person.born.format("%m%d");
        person.id_number = format!("{ADDRESS_CODE}{year:02}{rest}{odd:03}");
        self.given.insert(person.id_number.clone());
        person
    }
}

/// The check character of seventeen digits: ISO 7064 MOD 11-2.
fn check_character(body: &str) -> char {
    let sum = body.chars().filter_map(|c| c.to_digit(10)).fold(0, |sum, d| (sum + d) * 2 % 11);
    match (12 - sum) % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::IdNumber;

    #[test]
    fn check_characters_are_those_of_the_standard() {
        // The samples of GB 11643-1999.
        assert_eq!(check_character("11010519491231002"), 'X');
        assert_eq!(check_character("44052418800101001"), '4');
    }

    #[test]
    fn people_are_well_formed_and_all_different() {
        let today = NaiveDate::from_ymd_opt(2025, 10, 15).unwrap();
        let (mut inventor, mut dice) = (Inventor::new(today), Dice::new(3));
        let people: Vec<Person> = (0..2000).map(|_| inventor.worker(&mut dice)).collect();
        for person in &people {
            let number = IdNumber::parse_on(&person.id_number, today).unwrap();
            assert_eq!(number.address_code(), ADDRESS_CODE);
            assert_eq!((number.birth_date(), number.sex()), (person.born, person.sex));
            assert_eq!(crate::record::parse_phone(&person.phone).unwrap(), person.phone);
            let age = today.year() - person.born.year();
            assert!((19..=62).contains(&age), "{age}");
        }
        let numbers: HashSet<&str> = people.iter().map(|p| p.id_number.as_str()).collect();
        assert_eq!(numbers.len(), people.len());
    }

    #[test]
    fn double_surnames_are_passed_on_whole() {
        let today = NaiveDate::from_ymd_opt(2025, 10, 15).unwrap();
        let (mut inventor, mut dice) = (Inventor::new(today), Dice::new(3));
        let parent = inventor.named(&mut dice, "欧阳靖雯", Sex::Female, 40);
        assert_eq!(parent.surname(), "欧阳");
        assert_eq!(inventor.named(&mut dice, "区海波", Sex::Male, 40).surname(), "区");
    }
}
