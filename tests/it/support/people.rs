//! People with ids of the test's own, so that two folders can be compared.

use super::foulee::Folder;

/// The id of the `n`th person.
pub(crate) fn id(n: usize) -> String {
    format!("01900000-0000-7000-8000-{n:012x}")
}

/// Adds somebody under an id that is given.
pub(crate) fn add(folder: &Folder, id: &str, external_id: &str, study: &str, zone: &str) {
    let words = [
        "participant",
        "add",
        "--id",
        id,
        "--external-id",
        external_id,
        "--study",
        study,
        "--time-zone",
        zone,
    ];
    assert_eq!(folder.run(words).ok().trim(), id);
}
