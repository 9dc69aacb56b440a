//! What goes wrong on the way, and how often. Written as TOML.

use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;

use super::corrupt::Corruption;
use crate::ble::Share;
use crate::error::SimError;

/// The plan where none is given.
pub const DEFAULT_FAULTS: &str = include_str!("faults.toml");

/// Most readings that a batch of the plan may hold: half of what the contract admits, so that bad ones fit in as well.
const MOST_READINGS: usize = foulee_contract::MAX_READINGS / 2;

/// What goes wrong, as shares. What a plan leaves out does not happen; a key that is not known is refused with its line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultPlan {
    /// How large the batches are.
    pub batches: BatchSizes,
    /// What goes wrong with good batches.
    pub faults: FaultShares,
    /// What is sent beside them that nobody may accept.
    pub corrupt: CorruptShares,
}

/// How large the batches are.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BatchSizes {
    /// Readings of the smallest.
    pub least: usize,
    /// Readings of the largest.
    pub most: usize,
}

impl Default for BatchSizes {
    fn default() -> Self {
        Self { least: 20, most: 800 }
    }
}

/// What goes wrong with good batches: the share of batches, and of days for `late_days`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultShares {
    /// Sent again later as it was, although it was acknowledged.
    pub resend: Share,
    /// Sent in two pieces that overlap.
    pub split: Share,
    /// Sent later than up to eight that come after it.
    pub reorder: Share,
    /// Its readings are in no order.
    pub shuffle: Share,
    /// A day that is sent after all newer ones.
    pub late_days: Share,
    /// The answer is lost, so that it is sent again.
    pub lost_answer: Share,
    /// Sent without compression.
    pub uncompressed: Share,
    /// Regular readings are sent as a grid.
    pub grid: Share,
}

/// What is sent that nobody may accept: a share of good batches has one of these before it.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CorruptShares {
    /// JSON that ends too early.
    pub truncated: Share,
    /// Called zstd and is not, or a frame that ends too early.
    pub wrong_zstd: Share,
    /// A byte is another one.
    pub flipped: Share,
    /// A unit that is not the metric's.
    pub wrong_unit: Share,
    /// A metric that there is not.
    pub unknown_metric: Share,
    /// A contract of another version.
    pub wrong_contract: Share,
    /// A column is shorter than the others.
    pub ragged: Share,
    /// More readings, or more bytes once unpacked, than a batch may hold.
    pub oversized: Share,
    /// Readings of the year 2100.
    pub future: Share,
    /// Readings of nobody that the server knows.
    pub stranger: Share,
    /// A token that is none.
    pub wrong_token: Share,
    /// Readings that cannot be true among the good ones of a batch, which must be taken all the same.
    pub bad_readings: Share,
}

impl FaultPlan {
    /// Reads a plan from a file.
    ///
    /// # Errors
    /// When it cannot be read, or holds what a plan does not.
    pub fn read(path: &Path) -> Result<Self, SimError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SimError::ReadPlan { path: path.to_owned(), source })?;
        text.parse()
    }

    fn check(self) -> Result<Self, SimError> {
        let BatchSizes { least, most } = self.batches;
        if least == 0 || least > most || most > MOST_READINGS {
            return Err(SimError::BatchSizes { least, most, limit: MOST_READINGS });
        }
        Ok(self)
    }
}

impl FromStr for FaultPlan {
    type Err = SimError;

    fn from_str(text: &str) -> Result<Self, SimError> {
        toml::from_str::<Self>(text).map_err(|source| SimError::Plan(Box::new(source)))?.check()
    }
}

impl CorruptShares {
    pub(super) fn share(&self, corruption: Corruption) -> Share {
        match corruption {
            Corruption::Truncated => self.truncated,
            Corruption::WrongZstd => self.wrong_zstd,
            Corruption::Flipped => self.flipped,
            Corruption::WrongUnit => self.wrong_unit,
            Corruption::UnknownMetric => self.unknown_metric,
            Corruption::WrongContract => self.wrong_contract,
            Corruption::Ragged => self.ragged,
            Corruption::Oversized => self.oversized,
            Corruption::Future => self.future,
            Corruption::Stranger => self.stranger,
            Corruption::WrongToken => self.wrong_token,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let error = text.parse::<FaultPlan>().unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert_eq!(error.exit_code(), 2);
        format!("{error}\n{cause}")
    }

    #[test]
    fn the_default_plan_is_one_and_has_every_fault() {
        let plan: FaultPlan = DEFAULT_FAULTS.parse().unwrap();
        for corruption in Corruption::ALL {
            assert!(plan.corrupt.share(corruption).get() > 0.0, "{corruption:?}");
        }
        assert!(plan.corrupt.bad_readings.get() > 0.0 && plan.faults.late_days.get() > 0.0);
    }

    #[test]
    fn an_empty_plan_has_no_fault() {
        let plan: FaultPlan = "".parse().unwrap();
        assert_eq!(plan.faults.resend.get(), 0.0);
        assert_eq!(plan.batches.most, 800);
    }

    #[test]
    fn what_is_wrong_is_named_with_the_fix() {
        let said = refused("[corrupt]\ntruncated = 1.5\n");
        assert!(said.contains("truncated = 1.5") && said.contains("from 0 to 1"), "{said}");
        let said = refused("[faults]\nresnd = 0.5\n");
        assert!(said.contains("resnd") && said.contains("`resend`"), "{said}");
        let said = refused("[batches]\nleast = 10\nmost = 5\n");
        assert!(said.contains("batches.least = 10") && said.contains("at most"), "{said}");
        assert!(refused("[batches]\nmost = 60000\n").contains("batches.most = 60000"));
    }
}
