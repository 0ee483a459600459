//! Maven's order: `ComparableVersion`, which every tool around Maven resolves by.
//!
//! Source: maven.apache.org/pom.html, "Version Order Specification".

use std::cmp::Ordering;

use super::number;

/// A version as Maven takes it apart: lists within lists, one for each hyphen and each change between digits and letters.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    /// Digits without leading zeros; none of them is zero.
    Number(String),
    Word(String),
    List(Vec<Item>),
}

/// The words that have a place of their own; the empty one is a release.
const QUALIFIERS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

/// A version taken apart. Maven orders every text.
pub(super) struct Version(Vec<Item>);

impl Version {
    pub(super) fn parse(text: &str) -> Self {
        Self(parse(text))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_lists(&self.0, &other.0)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

/// The open lists, outermost first; each is the last item of the one before it once all are closed.
struct Lists(Vec<Vec<Item>>);

impl Lists {
    fn is_empty(&self) -> bool {
        self.0.last().is_none_or(Vec::is_empty)
    }

    fn add(&mut self, item: Item) {
        if let Some(list) = self.0.last_mut() {
            list.push(item);
        }
    }

    fn open(&mut self) {
        self.0.push(Vec::new());
    }

    fn close(mut self) -> Vec<Item> {
        let mut inner = None;
        while let Some(mut list) = self.0.pop() {
            list.extend(inner.take().map(Item::List));
            trim(&mut list);
            inner = Some(list);
        }
        inner.unwrap_or_default()
    }
}

fn parse(version: &str) -> Vec<Item> {
    let version = version.to_lowercase();
    let mut lists = Lists(vec![Vec::new()]);
    let (mut token, mut is_digit) = (String::new(), false);
    for char in version.chars() {
        match char {
            '.' | '-' => {
                let ended = std::mem::take(&mut token);
                lists.add(if ended.is_empty() {
                    Item::Number(String::new())
                } else {
                    item(is_digit, ended, false)
                });
                if char == '-' {
                    lists.open();
                }
            }
            '0'..='9' => {
                if !is_digit && !token.is_empty() {
                    // A qualifier behind a dot stands as one behind a hyphen: `1.rc1` is `1-rc1`.
                    if !lists.is_empty() {
                        lists.open();
                    }
                    lists.add(item(false, std::mem::take(&mut token), true));
                    lists.open();
                }
                is_digit = true;
                token.push(char);
            }
            _ => {
                if is_digit && !token.is_empty() {
                    lists.add(item(true, std::mem::take(&mut token), false));
                    lists.open();
                }
                is_digit = false;
                token.push(char);
            }
        }
    }
    if !token.is_empty() {
        if !is_digit && !lists.is_empty() {
            lists.open();
        }
        lists.add(item(is_digit, token, false));
    }
    lists.close()
}

fn item(is_digit: bool, token: String, before_digit: bool) -> Item {
    if is_digit {
        return Item::Number(number::stripped(&token).to_owned());
    }
    Item::Word(match (token.as_str(), before_digit) {
        ("a", true) => "alpha".to_owned(),
        ("b", true) => "beta".to_owned(),
        ("m", true) => "milestone".to_owned(),
        ("cr", _) => "rc".to_owned(),
        ("ga" | "final" | "release", _) => String::new(),
        _ => token,
    })
}

/// Takes away what says nothing at the end of a list and before the lists there: `1.0.0` is `1`, `1.0-rc` is `1-rc`.
fn trim(list: &mut Vec<Item>) {
    for index in (0..list.len()).rev() {
        match list.get(index) {
            Some(Item::Number(text) | Item::Word(text)) if !text.is_empty() => break,
            Some(Item::List(items)) if !items.is_empty() => {}
            Some(Item::Number(_) | Item::Word(_) | Item::List(_)) | None => {
                list.remove(index);
            }
        }
    }
}

fn compare_lists(left: &[Item], right: &[Item]) -> Ordering {
    for index in 0..left.len().max(right.len()) {
        let order = match (left.get(index), right.get(index)) {
            (Some(left), Some(right)) => compare_items(left, right),
            (Some(left), None) => compare_with_nothing(left),
            (None, Some(right)) => compare_with_nothing(right).reverse(),
            (None, None) => Ordering::Equal,
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// A qualifier is below a list, a list below a number: `1.any` < `1-1` < `1.1`.
fn compare_items(left: &Item, right: &Item) -> Ordering {
    let rank = |item: &Item| match item {
        Item::Word(_) => 0,
        Item::List(_) => 1,
        Item::Number(_) => 2,
    };
    match (left, right) {
        (Item::Number(left), Item::Number(right)) => number::compare(left, right),
        (Item::Word(left), Item::Word(right)) => place(left).cmp(&place(right)),
        (Item::List(left), Item::List(right)) => compare_lists(left, right),
        (Item::Number(_) | Item::Word(_) | Item::List(_), _) => rank(left).cmp(&rank(right)),
    }
}

fn compare_with_nothing(item: &Item) -> Ordering {
    match item {
        Item::Number(text) if text.is_empty() => Ordering::Equal,
        Item::Number(_) => Ordering::Greater,
        Item::Word(word) => place(word).cmp(&place("")),
        Item::List(items) => items
            .iter()
            .map(compare_with_nothing)
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal),
    }
}

/// Known qualifiers by their place, all others behind them by the alphabet.
fn place(word: &str) -> (usize, &str) {
    match QUALIFIERS.iter().position(|known| *known == word) {
        Some(place) => (place, ""),
        None => (QUALIFIERS.len(), word),
    }
}
