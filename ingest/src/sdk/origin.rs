use foulee_contract::{ParticipantId, Source, SourceKind};

use crate::import::apple::device::kind_of;
use crate::import::collector::hashed;

/// What a record says of who made it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    /// The app's own name for itself: a package or a bundle.
    pub(super) app: String,
    pub(super) device_id: String,
    /// As its owner named it, perhaps.
    pub(super) device_name: String,
    pub(super) maker: String,
    pub(super) model: String,
    /// `phone`, `watch`, `ring` and so on.
    pub(super) sort: String,
    /// Whether a person typed it in.
    pub(super) is_typed: bool,
}

impl Origin {
    /// The memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        let texts = [&self.app, &self.device_id, &self.device_name, &self.maker, &self.model, &self.sort];
        size_of::<Self>() + texts.map(String::len).iter().sum::<usize>()
    }

    /// The source of its readings within a participant, as the store of health data called `provider` has them.
    pub(super) fn source(&self, participant: ParticipantId, provider: &str) -> Source {
        Source::new(self.kind(), [&app_of(provider), &self.maker, &self.model, &self.name(participant), ""])
    }

    fn kind(&self) -> SourceKind {
        if self.is_typed {
            return SourceKind::Manual;
        }
        match self.sort.as_str() {
            "phone" => SourceKind::Phone,
            "watch" | "fitness_band" => SourceKind::Watch,
            "ring" => SourceKind::Ring,
            "chest_strap" => SourceKind::Strap,
            // Nothing else is worn where it says something of steps or the heart.
            "scale" | "head_mounted" | "smart_display" => SourceKind::Unknown,
            _ => kind_of(&format!("{} {} {}", self.model, self.device_name, self.maker)),
        }
    }

    /// What an app is called is nobody's name. What a device is called may be somebody's, and its id is its own alone.
    fn name(&self, participant: ParticipantId) -> String {
        let given = if self.device_id.is_empty() { &self.device_name } else { &self.device_id };
        // Apple's own records are of a bundle with the device's id behind it.
        if given.is_empty() && !self.app.starts_with("com.apple.health.") {
            return self.app.clone();
        }
        hashed(Some(participant), &format!("{}\n{given}", self.app))
    }
}

/// The app of a source: `ow-sdk`, and behind it the store of health data on the phone.
fn app_of(provider: &str) -> String {
    let provider = provider.to_lowercase();
    match provider.as_str() {
        "" => "ow-sdk".to_owned(),
        "google" | "health_connect" | "health-connect" => "ow-sdk.health-connect".to_owned(),
        "apple" | "apple_health" => "ow-sdk.apple".to_owned(),
        "samsung" | "samsung_health" => "ow-sdk.samsung".to_owned(),
        other => format!("ow-sdk.{}", other.chars().take(32).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(origin: &Origin, provider: &str) -> String {
        origin.source(ParticipantId::from_parts(1, [1; 10]), provider).key().to_owned()
    }

    #[test]
    fn a_source_holds_no_name_that_somebody_gave() {
        let phone = Origin {
            app: "com.apple.health.4F2A".into(),
            device_name: "iPhone de Zoé".into(),
            maker: "Apple Inc.".into(),
            model: "iPhone14,5".into(),
            sort: "phone".into(),
            ..Origin::default()
        };
        let found = key(&phone, "apple");
        assert!(found.starts_with("phone/ow-sdk.apple/apple-inc./iphone14-5/"), "{found}");
        assert!(!found.contains("zo") && !found.contains("4f2a"), "{found}");
        assert_ne!(found, key(&Origin { device_name: "iPhone".into(), ..phone.clone() }, "apple"));
        let other = phone.source(ParticipantId::from_parts(2, [2; 10]), "apple");
        assert_ne!(found, other.key(), "another person's is another hash");
    }

    #[test]
    fn an_app_and_what_it_came_through_are_named() {
        let watch = Origin {
            app: "com.garmin.android.apps.connectmobile".into(),
            maker: "Garmin".into(),
            model: "Venu 3".into(),
            sort: "watch".into(),
            ..Origin::default()
        };
        let app = "com.garmin.android.apps.connectmobile";
        assert_eq!(key(&watch, "google"), format!("watch/ow-sdk.health-connect/garmin/venu-3/{app}"));
        assert_eq!(
            key(&Origin { is_typed: true, ..watch.clone() }, "SAMSUNG").split_once("/garmin").unwrap().0,
            "manual/ow-sdk.samsung"
        );
        assert_eq!(key(&Origin::default(), ""), "unknown/ow-sdk");
        assert_eq!(key(&Origin::default(), "a/b c"), "unknown/ow-sdk.a-b-c");
    }

    #[test]
    fn a_device_without_a_sort_goes_by_its_words() {
        let of = |model: &str, maker: &str| {
            Origin { model: model.into(), maker: maker.into(), ..Origin::default() }.kind()
        };
        assert_eq!(of("Watch6,1", "Apple Inc."), SourceKind::Watch);
        assert_eq!(of("", "Oura"), SourceKind::Ring);
        assert_eq!(of("SM-G991B", "samsung"), SourceKind::Unknown);
    }
}
