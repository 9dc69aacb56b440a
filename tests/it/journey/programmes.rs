//! A programme's name and version stand for one content, with a service and without.

use serde_json::Value;

use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

fn file(folder: &Folder, name: &str, doc: &Value) -> String {
    folder.write(name, doc.to_string()).to_str().expect("a path").to_owned()
}

#[test]
fn a_name_and_version_stand_for_one_content() {
    for with_service in [false, true] {
        let folder = Folder::new();
        let id = people::id(1);
        people::add(&folder, &id, "1", "programmes", "Europe/Paris");
        let served = with_service.then(|| Served::start(&folder));
        let assign = |path: &str| folder.run(["programme", "assign", &id, path, "--start", "2026-03-02"]);
        let template = folder.say("programme show graded-walking").json();

        let mut other = template.clone();
        other["stages"][0]["quotas"][0]["target"] = 1_234.into();
        let mut started = other.clone();
        started["name"] = "graded-walking-6000".into();
        for doc in [&other, &started] {
            let refused = assign(&file(&folder, "other.json", doc));
            println!("service {with_service}: exit {}, {}", refused.code, refused.stderr.trim());
            assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
            assert!(refused.stderr.contains("a name or a version of its own"), "{}", refused.stderr);
        }
        assert_eq!(folder.say("programme show graded-walking").json(), template);
        assert_eq!(folder.say("programme list").ok().lines().count(), 2, "the header and the template");

        other["name"] = "mine".into();
        let mine = file(&folder, "mine.json", &other);
        assert_eq!(assign(&mine).ok(), "assigned mine from 2026-03-02\n");
        assert_eq!(assign(&mine).ok(), "mine from 2026-03-02 is assigned already: nothing changed\n");
        assert_eq!(folder.say("programme show mine").json(), other);
        other["title"]["en"] = "Changed".into();
        assert_eq!(assign(&file(&folder, "changed.json", &other)).code, 2);
        other["version"] = 2.into();
        assert_eq!(assign(&file(&folder, "changed.json", &other)).ok(), "assigned mine from 2026-03-02\n");
        assert_eq!(folder.say("programme show mine").json(), other);

        // The template as it is has the content that is known.
        assign(&file(&folder, "template.json", &template)).ok();
        let list = folder.say("programme list").ok();
        assert_eq!(list.matches("graded-walking,1,").count(), 1, "{list}");
        assert_eq!(list.matches("mine,").count(), 2, "{list}");
        assert_eq!(assign("./broken.json").code, 2);
        let broken = folder.write("broken.json", "[");
        let broken = assign(broken.to_str().expect("a path"));
        assert!(broken.code == 2 && !broken.stderr.contains("TOML"), "{}", broken.stderr);
        if let Some(served) = served {
            served.stop();
        }
    }
}
