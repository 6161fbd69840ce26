//! The documents of `--json`, validated against docs/report.schema.json, or docs/explanation.schema.json where they have
//! explanations. The validator has the part of JSON Schema that
//! the schema uses and fails on any other keyword, so nothing in the schema goes unchecked. (The crate `jsonschema`
//! brings 49 crates more and turns on features of regex-automata, so the programs that are tested would not be those
//! that ship.)

use base64::Engine as _;
use serde_json::Value;

use super::Output;

/// Of reports, and of explanations.
const SCHEMAS: [&str; 2] =
    [include_str!("../../../docs/report.schema.json"), include_str!("../../../docs/explanation.schema.json")];

/// The same as they were when a consumer read them first, with this number. They stay as they are until it is raised.
const PUBLISHED: [&str; 2] =
    [include_str!("published/report.schema.2.json"), include_str!("published/explanation.schema.2.json")];

/// Members that documents of this version have. The schema does not require them, as earlier documents lack them.
const ADDED: &[&str] = &["version", "host", "boot_id", "time", "invoker", "argv"];

fn schema(text: &str) -> Value {
    serde_json::from_str(text).expect("the schema is JSON")
}

/// The one document on standard output, which is valid.
#[track_caller]
pub fn document(output: &Output) -> Value {
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("not one JSON document: {error}: {output:?}"));
    if let Some(why) = violation(&document).or_else(|| breach(&document)) {
        panic!("{why}: {document:#}");
    }
    document
}

/// The lines of `--json=lines` on standard output, each of which is valid.
#[track_caller]
pub fn lines(output: &Output) -> Vec<Value> {
    let out = std::str::from_utf8(&output.stdout).expect("UTF-8");
    assert!(out.ends_with('\n'), "{output:?}");
    let lines: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for line in &lines {
        if let Some(why) = violation(line) {
            panic!("{why}: {line:#}");
        }
    }
    lines
}

/// The schema of a document, a line of one, or an error: 0 for reports, 1 for explanations.
fn subject(document: &Value) -> usize {
    let has = |name| document.get(name).is_some();
    usize::from(has("explanations") || has("conditions") || has("exit_status"))
}

/// The reason why the schema does not allow this document or line of this version, if it does not. It has no members
/// that are not described, and all that this version adds.
pub fn violation(document: &Value) -> Option<String> {
    let at = subject(document);
    let root = schema(SCHEMAS[at]);
    let part = match document.get("kind").and_then(Value::as_str) {
        Some("target" | "explanation") => &root["$defs"][["target", "explanation"][at]],
        _ => {
            if let Some(name) = ADDED.iter().find(|name| document.get(name).is_none()) {
                return Some(format!("document has no {name}"));
            }
            &root
        }
    };
    Validator { root: &root, allows_more: false }.check(part, document, "document").err()
}

/// The reason why a reader of the published schema would not understand this document. It knows none with an error.
pub fn breach(document: &Value) -> Option<String> {
    document.get("error").is_none().then(|| lenient(PUBLISHED, document)).flatten()
}

/// The reason why today's schema does not allow a document of an earlier version.
pub fn rejection(document: &Value) -> Option<String> {
    lenient(SCHEMAS, document)
}

fn lenient(schemas: [&str; 2], document: &Value) -> Option<String> {
    let root = schema(schemas[subject(document)]);
    Validator { root: &root, allows_more: true }.check(&root, document, "document").err()
}

/// Every object of the schema says whether other members are allowed, and has a description or is described by what
/// it refers to.
pub fn check_schema() {
    fn walk(schema: &Value, path: &str) {
        let Some(members) = schema.get("properties").and_then(Value::as_object) else { return };
        assert!(schema.get("additionalProperties").is_some(), "{path}: additionalProperties");
        for (name, member) in members {
            let path = format!("{path}.{name}");
            assert!(member.get("description").is_some(), "{path}: no description");
            walk(member, &path);
        }
    }
    for root in SCHEMAS.map(schema) {
        walk(&root, "document");
        for (name, part) in root["$defs"].as_object().expect("definitions") {
            assert!(part.get("description").is_some(), "{name}: no description");
            walk(part, name);
        }
    }
}

struct Validator<'s> {
    root: &'s Value,
    /// Whether `"additionalProperties": true` allows members that the schema does not describe.
    allows_more: bool,
}

impl Validator<'_> {
    fn check(&self, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
        let rules = schema.as_object().expect("a schema is an object");
        let list = |rule: &Value| rule.as_array().expect("a list").clone();
        for (keyword, rule) in rules {
            let holds = match keyword.as_str() {
                "$schema" | "$id" | "$defs" | "title" | "description" => true,
                "$ref" => {
                    let name =
                        rule.as_str().and_then(|text| text.strip_prefix("#/$defs/")).expect("a definition");
                    self.check(&self.root["$defs"][name], value, path)?;
                    true
                }
                "type" if rule.is_array() => list(rule).iter().any(|kind| is_a(kind, value)),
                "type" => is_a(rule, value),
                "const" => value == rule,
                "enum" => list(rule).contains(value),
                "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().expect("a number")),
                "format" => {
                    assert_eq!(rule, "date-time");
                    value.as_str().is_none_or(|text| text.parse::<jiff::Timestamp>().is_ok())
                }
                "contentEncoding" => {
                    assert_eq!(rule, "base64");
                    let decode = |text| base64::engine::general_purpose::STANDARD.decode(text);
                    value.as_str().is_none_or(|text| decode(text).is_ok())
                }
                "oneOf" => {
                    let fit = list(rule).iter().filter(|one| self.check(one, value, path).is_ok()).count();
                    fit == 1
                }
                "required" => {
                    let has = |name: &Value| value.get(name.as_str().expect("a name")).is_some();
                    !value.is_object() || list(rule).iter().all(has)
                }
                "dependentRequired" => {
                    let rule = rule.as_object().expect("members");
                    let present = rule.iter().filter(|(name, _)| value.get(name).is_some());
                    let mut needed = present.flat_map(|(_, names)| list(names));
                    needed.all(|name| value.get(name.as_str().expect("a name")).is_some())
                }
                "items" => {
                    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(rule, item, &format!("{path}[{at}]"))?;
                    }
                    true
                }
                "properties" => {
                    for (name, rule) in rule.as_object().expect("members") {
                        if let Some(member) = value.get(name) {
                            self.check(rule, member, &format!("{path}.{name}"))?;
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    let known =
                        |name: &String| rules.get("properties").is_some_and(|all| all.get(name).is_some());
                    for (name, member) in
                        value.as_object().into_iter().flatten().filter(|(name, _)| !known(name))
                    {
                        let path = format!("{path}.{name}");
                        match rule {
                            // Unknown members are for later versions: a document of this version has none.
                            Value::Bool(true) if self.allows_more => {}
                            Value::Bool(_) => return Err(format!("{path} is not known")),
                            rule => self.check(rule, member, &path)?,
                        }
                    }
                    true
                }
                _ => panic!("the validator does not know {keyword:?}"),
            };
            if !holds {
                return Err(format!("{path} violates {keyword} {rule}"));
            }
        }
        Ok(())
    }
}

fn is_a(kind: &Value, value: &Value) -> bool {
    match kind.as_str().expect("a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        kind => panic!("no such type: {kind}"),
    }
}
