//! What every table of Azure must keep to, and how a header is known.

mod header;
mod shape;
mod timeline;
