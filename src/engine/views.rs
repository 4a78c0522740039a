//! Tables of Log Analytics whose rows a case keeps in a table of its own, under Azure's names: `queries/views`.

use datafusion::prelude::SessionContext;

use super::damaged;
use crate::error::Result;
use crate::pack::VIEWS;

/// Registers every view.
pub async fn register(context: &SessionContext) -> Result<()> {
    for (path, sql) in VIEWS {
        let view = context.sql(sql).await.map_err(damaged)?.into_view();
        context.register_table(format!("\"{}\"", name(path)), view).map_err(damaged)?;
    }
    Ok(())
}

/// The name of the view a file holds.
fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".sql")
}

/// Says whether a name is one of them, or the timeline.
pub fn is_view(of: &str) -> bool {
    of == "timeline" || VIEWS.iter().any(|(path, _)| name(path) == of)
}
