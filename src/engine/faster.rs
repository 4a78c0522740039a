//! Rewrites of plans that DataFusion does not have, each of the same answer in less time.

mod codes;
mod groups;
mod search;

use std::sync::Arc;

use datafusion::prelude::SessionContext;

/// Adds the rewrites, behind those of DataFusion.
pub fn register(context: &SessionContext) {
    context.add_optimizer_rule(Arc::new(search::LiteralSearch));
    context.add_optimizer_rule(Arc::new(groups::WordGroups));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, StringDictionaryBuilder};
    use arrow::datatypes::Int32Type;
    use datafusion::datasource::MemTable;
    use datafusion::prelude::SessionContext;
    use proptest::prelude::*;

    type Row = (Option<String>, Option<String>, Option<i64>);

    /// The answer of a query over some rows, as text, its types too, and the plan.
    fn answer(rows: &[Row], sql: &str, faster: bool) -> (String, String) {
        let context = SessionContext::new();
        if faster {
            super::register(&context);
        }
        let words = |of: &dyn Fn(&Row) -> Option<String>| {
            let mut words = StringDictionaryBuilder::<Int32Type>::new();
            rows.iter().for_each(|row| words.append_option(of(row)));
            words.finish()
        };
        // Of the same few letters, so that columns share words and combine.
        let last = |row: &Row| row.0.as_ref().and_then(|word| word.chars().last()).map(String::from);
        let parity = |row: &Row| row.2.map(|number| if number % 2 == 0 { "a" } else { "é" }.to_owned());
        let texts: StringArray = rows.iter().map(|row| row.1.as_deref()).collect();
        let numbers: Int64Array = rows.iter().map(|row| row.2).collect();
        let columns: [(&str, ArrayRef, bool); 5] = [
            ("word", Arc::new(words(&|row| row.0.clone())), true),
            ("last", Arc::new(words(&last)), true),
            ("parity", Arc::new(words(&parity)), true),
            ("text", Arc::new(texts), true),
            ("number", Arc::new(numbers), true),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        // In parts, so that batches begin in the middle of their buffers, and in two threads.
        let (half, third) = (rows.len() / 2, rows.len() / 3);
        let parts =
            [(0, third), (third, half - third), (half, rows.len() - half)].map(|(at, many)| batch.slice(at, many));
        let [first, second, last] = parts;
        let table = MemTable::try_new(batch.schema(), vec![vec![first, second], vec![last]]).unwrap();
        context.register_table("t", Arc::new(table)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let frame = context.sql(sql).await.unwrap();
            let plan = frame.clone().into_optimized_plan().unwrap().display_indent().to_string();
            let schema = frame.schema().as_arrow().clone();
            let batches = frame.collect().await.unwrap();
            for batch in &batches {
                assert_eq!(batch.schema().fields().len(), schema.fields().len());
                for (got, promised) in batch.schema().fields().iter().zip(schema.fields()) {
                    assert_eq!((got.name(), got.data_type()), (promised.name(), promised.data_type()));
                }
            }
            (arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string(), plan)
        })
    }

    const QUERIES: [&str; 16] = [
        "SELECT word, count(*) AS n, sum(number) FROM t GROUP BY word ORDER BY word",
        "SELECT word, text, count(number) FROM t GROUP BY word, text ORDER BY word, text",
        "SELECT DISTINCT word FROM t ORDER BY word",
        "SELECT word AS other, max(number) FROM t WHERE word <> 'a' GROUP BY word HAVING count(*) > 1 ORDER BY other",
        "SELECT upper(word) AS w, count(*) FROM t GROUP BY 1 ORDER BY 1",
        "SELECT a.word, count(DISTINCT b.text) FROM t a JOIN t b ON a.word = b.word GROUP BY a.word ORDER BY a.word",
        "SELECT word, grouping(word), count(*) FROM t GROUP BY GROUPING SETS ((word), ()) ORDER BY 1, 2",
        "SELECT text, number FROM t WHERE text LIKE '%ab%' ORDER BY text, number",
        "SELECT word AS other, text, max(number) FROM t WHERE word <> 'a' GROUP BY word, text HAVING count(*) > 1 ORDER BY 1, 2",
        "SELECT a.word, b.text, sum(a.number) FROM t a JOIN t b ON a.word = b.word GROUP BY a.word, b.text ORDER BY 1, 2",
        "SELECT word, last, count(*) FROM t GROUP BY word, last ORDER BY word, last",
        "SELECT last, number, word, parity, sum(number) FROM t GROUP BY last, number, word, parity ORDER BY 1, 2, 3, 4",
        "SELECT parity, last, word, text FROM t GROUP BY word, parity, last, text ORDER BY 1, 2, 3, 4",
        "SELECT word, count(DISTINCT last), count(DISTINCT parity) FROM t GROUP BY word ORDER BY word",
        "SELECT n, count(*) FROM (SELECT word AS w, count(*) AS n FROM t GROUP BY word) WHERE w >= 'a' GROUP BY n ORDER BY n",
        "SELECT text FROM t WHERE NOT (text LIKE '%a%') OR text LIKE '%é%' ORDER BY text",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn answers_are_those_of_the_plans_before(
            rows in proptest::collection::vec(
                (proptest::option::of("[abé]{0,2}"), proptest::option::of("[abé%_]{0,6}"), proptest::option::of(0..5_i64)),
                0..40,
            )
        ) {
            for sql in QUERIES {
                prop_assert_eq!(answer(&rows, sql, true).0, answer(&rows, sql, false).0, "{}", sql);
            }
        }
    }

    #[test]
    fn plans_change_where_they_are_meant_to_and_nowhere_else() {
        let rows = [(Some("a".to_owned()), Some("b".to_owned()), Some(1))];
        let plan = |sql: &str| answer(&rows, sql, true).1;
        for sql in &QUERIES[..3] {
            assert!(plan(sql).contains("word_code"), "{}", plan(sql));
        }
        for sql in [QUERIES[6], "SELECT text, count(*) FROM t GROUP BY text"] {
            assert!(!plan(sql).contains("word_code"), "{}", plan(sql));
        }
        assert!(plan(QUERIES[7]).contains("contains_literal") && !plan(QUERIES[7]).contains("LIKE"));
        for pattern in ["a%", "%a", "%a_b%", "%a%b%", "%%", "%a\\b%"] {
            let plan = plan(&format!("SELECT text FROM t WHERE text LIKE '{pattern}'"));
            assert!(!plan.contains("contains_literal"), "{plan}");
        }
        let plan = plan("SELECT text FROM t WHERE text ILIKE '%a%'");
        assert!(!plan.contains("contains_literal"), "{plan}");
    }
}
