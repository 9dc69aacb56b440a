//! foulee: the service, the worker, the registry, the pages, the commands.
#![forbid(unsafe_code)]

pub mod pages;
pub mod registry;
