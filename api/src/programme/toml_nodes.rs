//! TOML as nodes.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Wrong;
use super::json::whole;
use super::node::{MOST_DEEP, Member, Node, Value};

/// The document, or the place of what is wrong with it.
pub(super) fn nodes(text: &str) -> Result<Node, (usize, Wrong)> {
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (at, Wrong::Unreadable { format: "TOML", why: error.message().to_owned() })
    })?;
    Ok(Node { at: 0, value: members(table.get_ref(), 0)? })
}

fn members(table: &DeTable<'_>, depth: usize) -> Result<Value, (usize, Wrong)> {
    let members = table.iter().map(|(key, value)| {
        let node = node(value, depth + 1)?;
        Ok(Member { key: key.get_ref().to_string(), at: key.span().start, node })
    });
    Ok(Value::Table(members.collect::<Result<_, _>>()?))
}

fn node(spanned: &Spanned<DeValue<'_>>, depth: usize) -> Result<Node, (usize, Wrong)> {
    let at = spanned.span().start;
    if depth > MOST_DEEP {
        return Err((at, Wrong::TooDeep { most: MOST_DEEP }));
    }
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Whole(number),
            Err(_) => Value::Whole(whole(number.as_str()).unwrap_or(i128::MAX)),
        },
        DeValue::Float(_) => Value::Other("a fraction"),
        DeValue::Boolean(_) => Value::Other("true or false"),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(list) => {
            Value::List(list.iter().map(|each| node(each, depth + 1)).collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => members(table, depth)?,
    };
    Ok(Node { at, value })
}
