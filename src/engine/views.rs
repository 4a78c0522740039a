//! Tables of Log Analytics whose rows a case keeps in a table of its own, under Azure's names.

use datafusion::prelude::SessionContext;

use super::damaged;
use crate::error::Result;

/// Name and SELECT.
static VIEWS: &[(&str, &str)] = &[];

/// Registers every view.
pub async fn register(context: &SessionContext) -> Result<()> {
    for (name, sql) in VIEWS {
        let view = context.sql(sql).await.map_err(damaged)?.into_view();
        context.register_table(format!("\"{name}\""), view).map_err(damaged)?;
    }
    Ok(())
}

/// Says whether a name is one of them, or the timeline.
pub fn is_view(name: &str) -> bool {
    name == "timeline" || VIEWS.iter().any(|(view, _)| *view == name)
}
