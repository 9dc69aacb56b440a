//! `foulee migrate` on a server that is there.

use foulee_tests::influx::{Credentials, InfluxdOptions};

use crate::foulee::Folder;
use crate::people;
use crate::place::Place;

fn places() -> Vec<Place> {
    let admin = Credentials { user: "root".to_owned(), password: "a long word".to_owned() };
    let closed = InfluxdOptions { admin: Some(admin), ..InfluxdOptions::default() };
    Place::v1_with(closed).into_iter().chain(Place::v2()).collect()
}

#[test]
fn a_bucket_and_a_token_of_least_rights_are_made_once_asked_for() {
    for place in places() {
        let folder = Folder::with(place.environment(place.url("mine")));
        let dry = folder.say("migrate --dry-run --keep-days 400 --make-token nowhere").ok();
        assert!(dry.contains("mine would be made on") && dry.contains("400 days"), "{dry}");
        assert!(dry.contains("would be written to nowhere"), "{dry}");
        let databases = place.influxd.as_ref().map(|influxd| influxd.query("SHOW DATABASES", ""));
        if let Some(Ok(databases)) = databases {
            assert!(!databases.to_string().contains("mine"), "nothing was done: {databases}");
        }
        let token = folder.file("token");
        let words = ["migrate", "--make-token", token.to_str().expect("a path")];
        let made = folder.run(words).ok();
        assert!(made.contains("mine made on"), "{made}");
        let secret = std::fs::read_to_string(&token).expect("a token");
        assert!(!made.contains(secret.trim()), "it is not printed");
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&token.metadata().expect("a file").permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        // Again: the bucket stays, and a file that is there is not overwritten.
        assert!(folder.say("migrate").ok().contains("it stays as it is"));
        assert_eq!(folder.run(words).code, 2);
        // The token is enough for everything that a service does, and for nothing else.
        let path = token.to_str().expect("a path").to_owned();
        let with = |url: String| {
            Folder::with(vec![("FOULEE_STORE", url), ("FOULEE_INFLUX_TOKEN_FILE", path.clone())])
        };
        let mine = with(place.url("mine"));
        people::add(&mine, &people::id(1), "1", "s", "UTC");
        let file = mine.write("a.csv", "time,steps\n2026-01-05 08:00,50\n2026-01-05 08:01,60\n");
        let import = ["import", "--study", "s", "--time-zone", "UTC", "--json", "--participant", "s/1"];
        let import = import.iter().filter(|word| !["--study", "s"].contains(word)).copied();
        let done = mine.run(import.chain([file.to_str().expect("a path")]));
        assert_eq!(done.code, 0, "{done:?}");
        let read = mine.say("readings s/1 --from 2026-01-05 --to 2026-01-05").ok();
        assert_eq!(read.lines().count(), 3, "{read}");
        let erased = mine.say("participant erase s/1 --yes");
        assert_eq!(erased.code, 0, "it may delete, too: {erased:?}");
        Folder::with(place.environment(place.url("other"))).say("migrate").ok();
        let other = with(place.url("other"));
        people::add(&other, &people::id(1), "1", "s", "UTC");
        let denied = other.say("store verify");
        let digest = other.say("migrate");
        assert!(denied.code != 0 || digest.code != 0 || place.has_gateway(), "{denied:?} {digest:?}");
        println!("migrate: {} ok", place.name);
    }
}
