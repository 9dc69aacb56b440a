use foulee_contract::{How, SourceKind};

/// A table of Gadgetbridge's, in the order in which tables are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    /// Samples of activity.
    Activity(Activity),
    /// Heart rate at instants.
    HeartRate {
        /// How it was recorded.
        how: How,
        /// What sort of device gives it.
        worn: SourceKind,
    },
    /// Levels of batteries.
    Battery,
    /// Samples of something that is not kept.
    NotKept,
}

/// What the numbers of a table of activity mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Activity {
    pub(super) steps: Steps,
    pub(super) wear: Wear,
    /// What sort of device gives it, where its own name does not say.
    pub(super) worn: SourceKind,
}

impl Activity {
    /// Whether what a row means depends on the row before it.
    pub(super) fn goes_on(self) -> bool {
        self.steps == Steps::SincePrevious || self.wear == Wear::MiBand
    }
}

/// What `STEPS` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Steps {
    /// Those of the minute that begins at `TIMESTAMP`.
    Minute,
    /// The same, and workouts' heart rates stand between the minutes with steps of 0.
    MinuteBesideSeconds,
    /// Those of the hour that begins at `TIMESTAMP`.
    Hour,
    /// Those from `TIMESTAMP` to `OTHER_TIMESTAMP`; a row whose other time is the earlier one only marks an end.
    UntilOther,
    /// Those since the device's previous sample of steps, or since the local day began if that was later.
    SincePrevious,
    /// The device's counter as it stood, which begins anew each day.
    Counter {
        /// Whether 0 was also written where the device said nothing.
        zero_is_none: bool,
    },
    /// Not known.
    Unknown,
}

/// How a row says that the device was not worn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wear {
    /// The low four bits of `RAW_KIND`, where 0 and 10 go on with what was before.
    MiBand,
    /// `RAW_KIND`.
    Huami,
    /// `WEAR_TYPE`.
    Hybrid,
    /// It does not.
    Unsaid,
}

impl Wear {
    /// The column that says it.
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::MiBand | Self::Huami | Self::Unsaid => "RAW_KIND",
            Self::Hybrid => "WEAR_TYPE",
        }
    }
}

/// What is known of a table by its name. The names are greenDAO's: `HybridHRActivitySample` is `HYBRID_HRACTIVITY_SAMPLE`.
///
/// Sources, all in Gadgetbridge's own code: columns in `GBDaoGenerator.java`; the meaning in what writes the rows
/// (`FetchActivityOperation` of Huami, `DailyDetailsParser` of Xiaomi, `DatalogSessionHealthSteps` of Pebble,
/// `ActivityEntry` of Hybrid HR, `HuaweiSampleProvider`, `ColmiR0xPacketHandler`, `PineTimeJFSupport`, `FitImporter` of
/// Garmin) or what reads them (`AbstractSampleProvider.convertCumulativeSteps` for Garmin and CMF).
pub(super) fn meaning(table: &str) -> Option<Table> {
    let watch = |steps, wear| Table::Activity(Activity { steps, wear, worn: SourceKind::Watch });
    Some(match table {
        "MI_BAND_ACTIVITY_SAMPLE" => watch(Steps::Minute, Wear::MiBand),
        "HUAMI_EXTENDED_ACTIVITY_SAMPLE" => watch(Steps::Minute, Wear::Huami),
        "HYBRID_HRACTIVITY_SAMPLE" => watch(Steps::Minute, Wear::Hybrid),
        "PEBBLE_HEALTH_ACTIVITY_SAMPLE" => watch(Steps::Minute, Wear::Unsaid),
        "XIAOMI_ACTIVITY_SAMPLE" => watch(Steps::MinuteBesideSeconds, Wear::Unsaid),
        "HUAWEI_ACTIVITY_SAMPLE" => watch(Steps::UntilOther, Wear::Unsaid),
        // Gadgetbridge subtracts what it has of the day from the watch's counter before it writes, and the counter begins
        // anew at the watch's midnight: no steps of a row were walked before that.
        "PINE_TIME_ACTIVITY_SAMPLE" => watch(Steps::SincePrevious, Wear::Unsaid),
        // Sums over the kinds of activity since midnight. Early versions wrote 0 for "not measured", later ones -1; a
        // true 0 says no more than that the day has begun.
        "GARMIN_ACTIVITY_SAMPLE" => watch(Steps::Counter { zero_is_none: true }, Wear::Unsaid),
        "CMF_ACTIVITY_SAMPLE" => watch(Steps::Counter { zero_is_none: false }, Wear::Unsaid),
        "COLMI_ACTIVITY_SAMPLE" => {
            Table::Activity(Activity { steps: Steps::Hour, wear: Wear::Unsaid, worn: SourceKind::Ring })
        }
        "COLMI_HEART_RATE_SAMPLE" => Table::HeartRate { how: How::Unknown, worn: SourceKind::Ring },
        // Measured when the person asked for it.
        "HUAMI_HEART_RATE_MANUAL_SAMPLE" => Table::HeartRate { how: How::Active, worn: SourceKind::Watch },
        "BATTERY_LEVEL" => Table::Battery,
        _ if table.ends_with("ACTIVITY_SAMPLE") => watch(Steps::Unknown, Wear::Unsaid),
        _ if table.ends_with("_HEART_RATE_SAMPLE") => {
            Table::HeartRate { how: How::Unknown, worn: SourceKind::Watch }
        }
        _ if table.ends_with("_SAMPLE") => Table::NotKept,
        _ => return None,
    })
}

/// `HuamiConst` and `HuamiExtendedSampleProvider` call a band that charges not worn, as it is.
const MI_BAND_NOT_WORN: [i64; 2] = [3, 6];
const HUAMI_NOT_WORN: [i64; 2] = [115, 118];
/// `ActivityEntry.WEARING_STATE`.
const HYBRID_NOT_WORN: i64 = 1;

/// What a device's rows before said of its wear.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WearSaid {
    /// The last row's time, ms, and its kind.
    last: Option<(i64, Option<i64>)>,
}

impl WearSaid {
    /// Whether a row of kind `raw` at `at_ms` says that the device was not worn.
    pub(super) fn not_worn(&mut self, wear: Wear, raw: Option<i64>, at_ms: i64) -> bool {
        match wear {
            Wear::Huami => raw.is_some_and(|raw| HUAMI_NOT_WORN.contains(&raw)),
            Wear::Hybrid => raw == Some(HYBRID_NOT_WORN),
            Wear::Unsaid => false,
            Wear::MiBand => {
                let kind = match raw.filter(|raw| *raw >= 0).map(|raw| raw & 0xf) {
                    // Goes on for as long as the minutes do: over a hole nobody knows.
                    Some(0 | 10) => self
                        .last
                        .filter(|(last, _)| at_ms - last <= super::samples::MINUTE_MS)
                        .and_then(|(_, kind)| kind),
                    kind => kind,
                };
                self.last = Some((at_ms, kind));
                kind.is_some_and(|kind| MI_BAND_NOT_WORN.contains(&kind))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bands_kind_goes_on_until_another_comes_or_a_minute_is_missing() {
        let mut said = WearSaid::default();
        let rows =
            [(0, 0x53), (60, 0), (120, 10), (180, 1), (240, 0), (300, 3), (500, 0), (560, -1), (620, 6)];
        let worn: Vec<bool> = rows
            .iter()
            .map(|(seconds, raw)| said.not_worn(Wear::MiBand, Some(*raw), seconds * 1000))
            .collect();
        assert_eq!(worn, [true, true, true, false, false, true, false, false, true]);
    }
}
