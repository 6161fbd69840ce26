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

fn schema(text: &str) -> Value {
    serde_json::from_str(text).expect("the schema is JSON")
}

/// The one document on standard output, which is valid.
#[track_caller]
pub fn document(output: &Output) -> Value {
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("not one JSON document: {error}: {output:?}"));
    if let Some(why) = violation(&document) {
        panic!("{why}: {document:#}");
    }
    document
}

/// The reason why the schema does not allow this document, if it does not.
pub fn violation(document: &Value) -> Option<String> {
    let root = schema(SCHEMAS[usize::from(document.get("explanations").is_some())]);
    check(&root, &root, document, "document").err()
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

fn check(root: &Value, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    let rules = schema.as_object().expect("a schema is an object");
    let list = |rule: &Value| rule.as_array().expect("a list").clone();
    for (keyword, rule) in rules {
        let holds = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let name =
                    rule.as_str().and_then(|text| text.strip_prefix("#/$defs/")).expect("a definition");
                check(root, &root["$defs"][name], value, path)?;
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
                let fit = list(rule).iter().filter(|one| check(root, one, value, path).is_ok()).count();
                fit == 1
            }
            "required" => {
                let has = |name: &Value| value.get(name.as_str().expect("a name")).is_some();
                !value.is_object() || list(rule).iter().all(has)
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{path}[{at}]"))?;
                }
                true
            }
            "properties" => {
                for (name, rule) in rule.as_object().expect("members") {
                    if let Some(member) = value.get(name) {
                        check(root, rule, member, &format!("{path}.{name}"))?;
                    }
                }
                true
            }
            "additionalProperties" => {
                let known =
                    |name: &String| rules.get("properties").is_some_and(|all| all.get(name).is_some());
                for (name, member) in value.as_object().into_iter().flatten().filter(|(name, _)| !known(name))
                {
                    let path = format!("{path}.{name}");
                    match rule {
                        // Unknown members are for later versions: a document of this version has none.
                        Value::Bool(_) => return Err(format!("{path} is not known")),
                        rule => check(root, rule, member, &path)?,
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
