//! Rules of studies: who is next in which arm, how inclusion stands against its plan, who is in a subgroup.
//!
//! Invariants: these are pure functions, of a seed, a plan, what is known of somebody; what is unknown stays unknown and
//! is never taken for a no.
//!
//! Never in this module: a clock, a source of randomness, the registry, HTTP.

mod allocation;
mod inclusion;
mod subgroup;

pub use allocation::{Arm, ArmsError, BlockPlan, MAX_BLOCK, commitment_of};
pub use inclusion::{InclusionMonth, Plan, inclusion};
pub use subgroup::{
    Attribute, Belongs, Bound, ConditionDoc, Facts, SubgroupDoc, SubgroupError, SubgroupProblem, belongs,
    parse_subgroup,
};
