//! Writes the built-in templates into the folders in which the fuzz targets begin.
#![forbid(unsafe_code)]

use std::path::Path;

use foulee_api::programme::templates;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for doc in templates() {
        for (target, text) in
            [("programme_json", serde_json::to_string(&doc)?), ("programme_toml", toml::to_string(&doc)?)]
        {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join(&doc.name), text)?;
        }
    }
    Ok(())
}
