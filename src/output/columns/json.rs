//! A value in JSON.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::text::{port, seconds};
use crate::column::Column;
use crate::output::exact::{Arguments, Exact, wall_clock};
use crate::output::text::Names;
use crate::request::Subject;
use crate::row::{Row, Value};

/// An object with a member for each column.
pub(in crate::output) struct Members<'v>(Vec<(&'static str, Member<'v>)>);

impl<'v> Members<'v> {
    pub(in crate::output) fn new(
        columns: &[&'static Column],
        row: &'v Row,
        names: &mut Names,
    ) -> Members<'v> {
        let members = columns.iter().zip(row.iter());
        Members(members.map(|(column, value)| (column.name, Member::new(value.as_ref(), names))).collect())
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(name, member)| map.serialize_entry(name, member))?;
        map.end()
    }
}

#[derive(Serialize)]
#[serde(untagged)]
pub(in crate::output) enum Member<'v> {
    Null,
    Number(i64),
    Size(u64),
    Seconds(f64),
    Text(String),
    Bytes(Exact<'v>),
    Arguments(Arguments<'v>),
    Ports(Vec<String>),
}

impl<'v> Member<'v> {
    pub(in crate::output) fn new(value: Option<&'v Value>, names: &mut Names) -> Member<'v> {
        let Some(value) = value else { return Member::Null };
        match value {
            Value::Number(number) => Member::Number(*number),
            Value::Size(bytes) => Member::Size(*bytes),
            Value::Age(ticks) | Value::Seconds(ticks) => Member::Seconds(seconds(*ticks)),
            Value::User(uid) => Member::Text(names.user(*uid)),
            Value::Group(gid) => Member::Text(names.group(*gid)),
            Value::Start(ticks) => Member::Text(wall_clock(*ticks)),
            Value::Container(id) => Member::Text(id.clone()),
            // What is displayed instead of no arguments.
            Value::Text(Subject::CommandLine, _) => Member::Arguments(Arguments(&[])),
            Value::Text(Subject::Name, bytes) => Member::Bytes(Exact(bytes)),
            Value::Words(words) => Member::Arguments(Arguments(words)),
            Value::Ports(ports) => Member::Ports(ports.iter().map(port).collect()),
        }
    }
}
