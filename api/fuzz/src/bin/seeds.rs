//! Writes the built-in programmes and questionnaires, and a table of answers, into the targets' corpora.
#![forbid(unsafe_code)]

use std::path::Path;

use foulee_api::programme::templates;
use foulee_api::questionnaire::built_ins;

const TABLE: &str = "participant,questionnaire,version,wave,submitted,pain,q1,q2,q3,q4,q5,q6,q7,q8,q9,q10\n\
                     P-01,nrs,1,0,2026-03-01,4,,,,,,,,,,\n\
                     P-02,odi-2-1a,1,6,2026-09-01,,1,2,0|3,0,5,1,1,declined,2,0\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    for doc in templates() {
        write(fuzz, "programme_json", &doc.name, serde_json::to_string(&doc)?.as_bytes())?;
        write(fuzz, "programme_toml", &doc.name, toml::to_string(&doc)?.as_bytes())?;
    }
    for doc in built_ins()? {
        write(fuzz, "questionnaire_json", &doc.id, serde_json::to_string(&doc)?.as_bytes())?;
        let text = std::fs::read(fuzz.join("../questionnaires").join(format!("{}.toml", doc.id)))?;
        write(fuzz, "questionnaire_toml", &doc.id, &text)?;
    }
    write(fuzz, "answer_table", "table", TABLE.as_bytes())?;
    Ok(())
}

fn write(fuzz: &Path, target: &str, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let folder = fuzz.join("corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(name), bytes)
}
