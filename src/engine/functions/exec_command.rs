//! `exec_command(uri)`.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::DataType;
use datafusion::error::Result;

use super::Function;
use crate::engine::values::text;
use crate::formats::written;

pub struct ExecCommand;

impl Function for ExecCommand {
    fn name(&self) -> &'static str {
        "exec_command"
    }

    fn usage(&self) -> &'static str {
        "exec_command(uri)"
    }

    fn doc(&self) -> &'static str {
        "The `command=` parameters of an exec request's address, decoded and joined by a blank; null when there are none"
    }

    fn examples(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                "exec_command('/api/v1/namespaces/web/pods/p/exec?command=sh&command=-c&command=cat%20%2Fetc%2Fpasswd&stdin=true')",
                r#""sh -c cat /etc/passwd""#,
            ),
            ("exec_command('/api/v1/namespaces/web/pods/p/portforward')", "null"),
        ]
    }

    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }

    fn returns(&self) -> DataType {
        DataType::Utf8
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let rows = 0..arguments[0].len();
        let commands = rows.map(|row| text(&arguments[0], row).and_then(written::command));
        Ok(Arc::new(commands.collect::<StringArray>()))
    }
}
