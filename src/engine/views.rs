//! The views of `queries/views`: what an analyst asks for again and again, and tables of Log Analytics whose rows a case keeps
//! in a table of its own, under Azure's names.

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

/// Every view: its name and the comment its file begins with.
pub fn all() -> impl Iterator<Item = (&'static str, String)> {
    VIEWS.iter().map(|(path, sql)| {
        let comment = sql.lines().map_while(|line| line.strip_prefix("-- "));
        (name(path), comment.collect::<Vec<_>>().join(" "))
    })
}

/// The name of the view a file holds.
fn name(path: &'static str) -> &'static str {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".sql")
}

/// Says whether a name is one of them, or the timeline.
pub fn is_view(of: &str) -> bool {
    of == "timeline" || VIEWS.iter().any(|(path, _)| name(path) == of)
}
