//! What every table of Azure must keep to, and how a header is known.

mod header;
mod shape;
mod timeline;

/// What nearly every table has, as formats.md c lists it.
const COMMON: [&str; 8] = [
    "TimeGenerated",
    "TenantId",
    "SourceSystem",
    "Type",
    "_ResourceId",
    "_SubscriptionId",
    "_BilledSize",
    "_IsBillable",
];
