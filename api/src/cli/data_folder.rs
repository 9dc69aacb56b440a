use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The platform's folder for what a person's programs keep, where the environment names one.
#[must_use]
pub fn default_data_folder(env: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    folder_on(std::env::consts::OS, env)
}

fn folder_on(os: &str, env: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = match os {
        "windows" => folder("LOCALAPPDATA"),
        "macos" => folder("HOME").map(|home| home.join("Library/Application Support")),
        // The XDG specification has a relative path ignored.
        _ => folder("XDG_DATA_HOME")
            .filter(|path| Path::is_absolute(path))
            .or_else(|| folder("HOME").map(|home| home.join(".local/share"))),
    };
    base.map(|base| base.join("foulee"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(os: &str, set: &[(&str, &str)]) -> Option<PathBuf> {
        folder_on(os, &|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn each_platform_has_its_folder() {
        let home = ("HOME", "/home/ada");
        let under_home = Some("/home/ada/.local/share/foulee".into());
        assert_eq!(found("linux", &[home]), under_home);
        assert_eq!(found("linux", &[home, ("XDG_DATA_HOME", "")]), under_home);
        assert_eq!(found("linux", &[home, ("XDG_DATA_HOME", "data")]), under_home);
        assert_eq!(found("linux", &[home, ("XDG_DATA_HOME", "/data")]), Some("/data/foulee".into()));
        let library = "/home/ada/Library/Application Support/foulee";
        assert_eq!(found("macos", &[home, ("XDG_DATA_HOME", "/data")]), Some(library.into()));
        let local = Path::new("C:/Users/ada/AppData/Local");
        let set = [("LOCALAPPDATA", "C:/Users/ada/AppData/Local")];
        assert_eq!(found("windows", &set), Some(local.join("foulee")));
        for os in ["linux", "macos", "windows"] {
            assert_eq!(found(os, &[]), None);
        }
    }
}
