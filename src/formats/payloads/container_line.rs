//! Lines of container log files.

use super::auditd_event::places;
use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::host::Gathered;
use crate::formats::host::cri::{Ended, Stream};
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::model::tables::container_log::TABLE;

/// See the module's description.
pub struct ContainerLine;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for ContainerLine {
    fn name(&self) -> &'static str {
        "container-line"
    }

    fn doc(&self) -> &'static str {
        "Line of a container as its runtime keeps it, parts joined, or as `kubectl cluster-info dump` prints it"
    }

    fn fits(&self, _: &Item<'_>, _: Option<&Keys<'_>>) -> bool {
        false
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        if let Some(Gathered::Pod { namespace, pod, container }) = item.gathered {
            let values = [("message", item.text), ("namespace", namespace), ("pod", pod), ("container", container)];
            rows.row(&TABLE, &item.at, None, values.map(|(name, value)| (name, Value::text(value))));
            return Ok(());
        }
        let Some(Gathered::Container(line, more)) = item.gathered else { return Err(Miss::NotMine) };
        let stream = match line.stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        let ended = match line.ended {
            Ended::Whole => "whole",
            Ended::Full => "full",
            Ended::Finish => "end",
        };
        let mut values = vec![
            ("stream", Value::text(stream)),
            ("message", Value::text(line.message.as_str())),
            ("lines", Value::Int(i64::try_from(line.ranges.len()).unwrap_or(i64::MAX))),
            ("ended", Value::text(ended)),
            ("continues", Value::Bool(line.continues)),
        ];
        values.extend(places(more).map(|places| ("more_lines", Value::text(places))));
        values.extend(line.attrs.as_deref().map(|attrs| ("attrs", Value::Json(attrs))));
        rows.row(&TABLE, &item.at, Some(line.time), values);
        Ok(())
    }
}
