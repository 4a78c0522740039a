//! Export of an ARM template: its resources are records, its parameters and variables are not.

use super::{Wrapping, spread};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::envelopes::Found;

/// See the module's description.
pub struct Template;

#[allow(private_interfaces, reason = "see the trait")]
impl Wrapping for Template {
    fn name(&self) -> &'static str {
        "arm-template"
    }

    fn doc(&self) -> &'static str {
        "`{\"$schema\":…,\"resources\":[…]}`: export of an ARM template; its resources, not its parameters"
    }

    fn fits(&self, keys: &Keys<'_>) -> bool {
        keys.is_template() && keys.resources.is_some_and(|raw| raw.get().starts_with('['))
    }

    fn open(&self, item: &Item<'_>, keys: &Keys<'_>, each: &mut dyn FnMut(Found<'_>)) -> Result<(), String> {
        let raw = keys.resources.map_or("[]", |raw| raw.get());
        spread(item, raw, None, each).ok_or_else(|| "resources that are no valid array".to_owned())
    }
}
