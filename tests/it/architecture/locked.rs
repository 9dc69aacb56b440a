//! What `Cargo.lock` says of who rests on whom, on every platform, tests included.

use std::collections::{BTreeMap, BTreeSet};

/// The names that each package rests on.
fn edges(lock: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let name = package.split("name = \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a name");
        let list = package.split("dependencies = [").nth(1).and_then(|rest| rest.split(']').next());
        let names = list.unwrap_or_default().split('"').skip(1).step_by(2);
        // Behind a name stands its version, where there are two.
        edges.entry(name).or_default().extend(names.filter_map(|name| name.split(' ').next()));
    }
    edges
}

/// Everything that a package rests on, however far.
pub(crate) fn rests_on<'a>(lock: &'a str, package: &str) -> BTreeSet<&'a str> {
    let edges = edges(lock);
    let (mut found, mut left) = (BTreeSet::new(), vec![package]);
    while let Some(name) = left.pop() {
        for next in edges.get(name).into_iter().flatten() {
            if found.insert(*next) {
                left.push(next);
            }
        }
    }
    found
}
