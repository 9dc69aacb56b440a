//! The registry of day measures: what each is, in which unit, by which definition.
//!
//! A measure's name is stable; a change of meaning raises its version.

/// A day measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Stable snake_case name.
    pub name: &'static str,
    /// Unit in UCUM.
    pub unit: &'static str,
    /// What it is, in English.
    pub definition: &'static str,
    /// Where the definition comes from.
    pub source: &'static str,
    /// LOINC code, where one exists.
    pub loinc: Option<&'static str>,
    /// Version of the definition.
    pub version: &'static str,
}

const MIN: &str = "min";
const STEPS: &str = "{steps}";
const CADENCE: &str = "{steps}/min";
const BPM: &str = "/min";
const ONE: &str = "1";

const TUDOR_LOCKE: &str = "Tudor-Locke cadence bands; one-minute epochs of a step counter";
const PEAK: &str = "Tudor-Locke peak cadence indices; one-minute epochs of a step counter";
const CADENCE_ADULTS: &str = "CADENCE-Adults; one-minute epochs of a step counter";
const MINUTES: &str = "Foulee three-valued minutes [D]";
const ZONES: &str = "ACSM zones as used by CADENCE-Adults; HRmax = 220 - age";
const FRAGMENTATION: &str = "scikit-digital-health fragmentation_endpoints; Di et al. 2017";

const fn entry(
    name: &'static str,
    unit: &'static str,
    definition: &'static str,
    source: &'static str,
    loinc: Option<&'static str>,
) -> Measure {
    Measure { name, unit, definition, source, loinc, version: "1" }
}

/// Every measure that [`measure_day`](crate::measure_day) emits, in that order.
pub const REGISTRY: &[Measure] = &[
    entry(
        "steps",
        STEPS,
        "Steps seen in known minutes, merged over sources; a lower bound of the day's steps.",
        "priority-fill-v1",
        Some("41950-7"),
    ),
    entry(
        "device_day_total",
        STEPS,
        "The device's own step total of the local day, as it reported it.",
        "the device",
        None,
    ),
    entry(
        "wear_minutes",
        MIN,
        "Minutes in which a wearable was worn.",
        "heart rate, contact, Choi 2011",
        None,
    ),
    entry("moved_minutes", MIN, "Minutes with at least one step.", MINUTES, None),
    entry("still_minutes", MIN, "Worn minutes without a step.", MINUTES, None),
    entry("unknown_minutes", MIN, "Minutes of which neither can be said.", MINUTES, None),
    entry(
        "valid_day",
        ONE,
        "1 when the wear suffices to judge the day (600 min unless configured), else 0.",
        "usual accelerometer rule of 10 h [D for consumer devices]",
        None,
    ),
    entry("cadence_0_minutes", MIN, "Worn minutes at 0 steps/min.", TUDOR_LOCKE, None),
    entry("cadence_1_19_minutes", MIN, "Minutes at 1 to 19 steps/min.", TUDOR_LOCKE, None),
    entry("cadence_20_39_minutes", MIN, "Minutes at 20 to 39 steps/min.", TUDOR_LOCKE, None),
    entry("cadence_40_59_minutes", MIN, "Minutes at 40 to 59 steps/min.", TUDOR_LOCKE, None),
    entry("cadence_60_79_minutes", MIN, "Minutes at 60 to 79 steps/min.", TUDOR_LOCKE, None),
    entry("cadence_80_99_minutes", MIN, "Minutes at 80 to 99 steps/min.", TUDOR_LOCKE, None),
    entry("cadence_100_119_minutes", MIN, "Minutes at 100 to 119 steps/min.", TUDOR_LOCKE, None),
    entry("cadence_120_minutes", MIN, "Minutes at 120 steps/min or more.", TUDOR_LOCKE, None),
    entry("peak_1_cadence", CADENCE, "Highest minute of the day.", PEAK, None),
    entry(
        "peak_30_cadence",
        CADENCE,
        "Mean of the 30 highest minutes, not necessarily consecutive.",
        PEAK,
        None,
    ),
    entry(
        "peak_60_cadence",
        CADENCE,
        "Mean of the 60 highest minutes, not necessarily consecutive.",
        PEAK,
        None,
    ),
    entry("mvpa_minutes", MIN, "Minutes at 100 steps/min or more.", CADENCE_ADULTS, None),
    entry("vigorous_minutes", MIN, "Minutes at 130 steps/min or more.", CADENCE_ADULTS, None),
    entry(
        "mvpa_bout_minutes",
        MIN,
        "Minutes in 10-min bouts at 100 steps/min or more: 80 % of the window, breaks of at most 1 min.",
        "GGIR 3.3 g.getbout, boutcriter 0.8",
        None,
    ),
    entry("mvpa_bout_count", ONE, "Number of those bouts.", "GGIR 3.3 g.getbout, boutcriter 0.8", None),
    entry(
        "mvpa_strict_bout_minutes",
        MIN,
        "Minutes in runs of 10 min or more at 100 steps/min or more without any break.",
        "strict runs",
        None,
    ),
    entry(
        "longest_inactivity",
        MIN,
        "Longest run of worn minutes without a step; unknown minutes cut it.",
        "Inactivity as runs of worn zero-step minutes [D]",
        None,
    ),
    entry("active_bout_count", ONE, "Runs of minutes with steps.", FRAGMENTATION, None),
    entry(
        "astp",
        "/min",
        "Active-to-sedentary transition probability: 1 / mean run of minutes with steps.",
        FRAGMENTATION,
        None,
    ),
    entry(
        "satp",
        "/min",
        "Sedentary-to-active transition probability: 1 / mean run of worn minutes without steps.",
        FRAGMENTATION,
        None,
    ),
    entry(
        "resting_heart_rate",
        BPM,
        "Median heart rate of minutes whose trailing 12 minutes are worn and without steps; at least 30 of them.",
        "AnomalyDetect (Mishra et al. 2020)",
        Some("40443-4"),
    ),
    entry(
        "resting_heart_rate_p5",
        BPM,
        "5th percentile of the same minutes.",
        "AnomalyDetect minutes, percentile [D]",
        None,
    ),
    entry(
        "heart_rate_minutes",
        MIN,
        "Minutes with a heart rate of 30 to 220 /min.",
        "gate of docs/methods.md [D]",
        None,
    ),
    entry(
        "heart_rate_light_minutes",
        MIN,
        "Minutes of heart rate below 40 % of reserve (64 % of maximum).",
        ZONES,
        None,
    ),
    entry(
        "heart_rate_moderate_minutes",
        MIN,
        "Minutes of heart rate from 40 to 60 % of reserve (64 to 77 % of maximum).",
        ZONES,
        None,
    ),
    entry(
        "heart_rate_vigorous_minutes",
        MIN,
        "Minutes of heart rate at 60 % of reserve or more (77 % of maximum).",
        ZONES,
        None,
    ),
];

/// Looks a measure up by name.
#[must_use]
pub fn measure(name: &str) -> Option<&'static Measure> {
    REGISTRY.iter().find(|measure| measure.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_snake_case_and_described() {
        for (index, measure) in REGISTRY.iter().enumerate() {
            assert!(measure.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
            assert!(
                REGISTRY[..index].iter().all(|other| other.name != measure.name),
                "{} twice",
                measure.name
            );
            assert!(
                measure.definition.ends_with('.') && !measure.source.is_empty() && !measure.unit.is_empty()
            );
        }
        assert_eq!(measure("steps").and_then(|m| m.loinc), Some("41950-7"));
        assert_eq!(measure("resting_heart_rate").and_then(|m| m.loinc), Some("40443-4"));
        assert_eq!(measure("mood"), None);
    }
}
