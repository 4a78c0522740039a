//! The SELECT of each table gives the columns of view `timeline`, out of columns there are.

use arrow::datatypes::DataType;

use super::super::{AZURE, by_name};

const LINE: [&str; 13] = [
    "time",
    "source",
    "actor",
    "verb",
    "object",
    "status",
    "namespace",
    "agent",
    "address",
    "id",
    "evidence",
    "\"offset\"",
    "length",
];

/// Splits a SELECT into its list, at commas outside brackets and quotes, and what follows FROM.
fn parts(sql: &str) -> (Vec<String>, String) {
    let (list, from) = sql.strip_prefix("SELECT ").unwrap().rsplit_once("FROM ").unwrap();
    let (mut items, mut depth, mut quote) = (vec![String::new()], 0, None);
    for c in list.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, ',') if depth == 0 => {
                items.push(String::new());
                continue;
            }
            _ => {}
        }
        items.last_mut().unwrap().push(c);
    }
    let items = items.iter().map(|item| item.split_whitespace().collect::<Vec<_>>().join(" "));
    (items.collect(), from.trim().to_owned())
}

/// The names in double quotes, each with what stands before it; text in single quotes is passed over.
fn names(sql: &str) -> Vec<(String, String)> {
    let (mut found, mut quote, mut start) = (Vec::new(), None, 0);
    for (at, c) in sql.char_indices() {
        match (quote, c) {
            (None, '\'' | '"') => (quote, start) = (Some(c), at),
            (Some(open), c) if open == c => {
                quote = None;
                if c == '"' {
                    found.push((sql[start + 1..at].to_owned(), sql[..start].to_owned()));
                }
            }
            _ => {}
        }
    }
    assert_eq!(quote, None, "{sql}");
    found
}

#[test]
fn a_line_has_the_thirteen_columns_in_their_order() {
    for (table, sql) in AZURE.iter().filter_map(|table| Some((table, table.timeline?))) {
        let (items, from) = parts(sql);
        let last = |item: &String| item.rsplit_once(" AS ").map_or(item.as_str(), |(_, alias)| alias).to_owned();
        assert_eq!(items.iter().map(last).collect::<Vec<_>>(), LINE, "{}", table.name);
        assert_eq!(items[1], format!("'{}' AS source", table.name));
        assert_eq!(from, format!("\"{}\"", table.name));
    }
}

#[test]
fn a_line_names_only_columns_of_its_table() {
    for (table, sql) in AZURE.iter().filter_map(|table| Some((table, table.timeline?))) {
        for (name, before) in names(sql) {
            let column = table.columns.iter().find(|column| column.name == name);
            let table_itself = before.ends_with("FROM ") && name == table.name;
            assert!(column.is_some() || table_itself, "{}.{name}", table.name);
        }
    }
}

#[test]
fn a_line_reads_words_as_text() {
    for (table, sql) in AZURE.iter().filter_map(|table| Some((table, table.timeline?))) {
        for (name, before) in names(sql) {
            let column = table.columns.iter().find(|column| column.name == name);
            let word = column.is_some_and(|column| matches!(column.kind, DataType::Dictionary(..)));
            assert!(!word || before.ends_with("CAST("), "{}.{name}", table.name);
        }
    }
}

#[test]
fn nothing_outside_quotes_is_a_column_of_azure() {
    // The engine lowers names outside quotes, so one of Azure's would not be found.
    for (table, sql) in AZURE.iter().filter_map(|table| Some((table, table.timeline?))) {
        let plain: String = sql.split('"').step_by(2).collect();
        let plain: String = plain.split('\'').step_by(2).collect();
        let bare = plain.split(|c: char| !c.is_alphanumeric() && c != '_');
        let known = ["time", "evidence", "length", "source", "actor", "verb", "object", "status", "namespace"];
        let known =
            [&known[..], &["agent", "address", "id", "nullif", "coalesce", "concat_ws", "regexp_match"]].concat();
        for word in bare.filter(|word| word.chars().any(|c| c.is_ascii_lowercase())) {
            assert!(known.contains(&word), "{}: {word}", table.name);
        }
    }
}

#[test]
fn inventories_have_no_line() {
    let silent: Vec<&str> = AZURE.iter().filter(|table| table.timeline.is_none()).map(|table| table.name).collect();
    let expected = ["ContainerInventory", "KubeNodeInventory", "KubePodInventory", "KubePVInventory", "KubeServices"];
    assert_eq!(silent, expected);
}

#[test]
fn syslog_alert_and_activity_say_who_did_what_to_what() {
    let item = |table: &str, at: usize| parts(by_name(table).unwrap().timeline.unwrap()).0[at].clone();
    assert!(item("Syslog", 2).contains("\"ProcessName\""));
    assert!(item("Syslog", 3).contains("\"SeverityLevel\""));
    assert!(item("Syslog", 4).contains("\"SyslogMessage\""));
    assert!(item("SecurityAlert", 3).contains("\"AlertSeverity\""));
    assert!(item("SecurityAlert", 4).contains("\"DisplayName\""));
    assert!(item("SecurityAlert", 4).contains("\"CompromisedEntity\""));
    assert!(item("AzureActivity", 2).contains("\"Caller\""));
    assert!(item("AzureActivity", 3).contains("\"OperationNameValue\""));
    assert!(item("AzureActivity", 4).contains("\"ResourceId\""));
    assert!(item("AzureActivity", 8).contains("\"CallerIpAddress\""));
}
