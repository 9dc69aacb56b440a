use serde_json::{Map, Value, json};

use super::{CommandError, Context};
use crate::cli::{Seed, StudyAllocate, StudyArms, StudyUnseal};
use crate::feed::rfc3339;
use crate::output::print_text;
use crate::people::new_secret;
use crate::registry::{Allocation, NewArms, RegistryError};
use crate::study::{Arm, BlockPlan, commitment_of};

/// Sets the arms, if they are given, and prints what may be seen of them.
pub(super) fn run(context: &Context, asked: &StudyArms) -> Result<(), CommandError> {
    let study = context.study(&asked.name)?;
    if let (false, Some(block)) = (asked.arms.is_empty(), asked.block) {
        let arms = asked.arms.iter().map(|(name, share)| Arm { name: name.clone(), share: *share });
        let plan = BlockPlan::new(arms.collect(), block)?;
        let seed = match asked.seed {
            None | Some(Seed::Random) => new_secret()?,
            Some(Seed::Given(seed)) => seed,
        };
        let new = NewArms { plan: &plan, stratified: asked.stratified, seed };
        context.runtime.block_on(context.registry.set_arms(study, new, context.now_ms()))?;
    }
    let arms = context.runtime.block_on(context.registry.arms(study))?.ok_or(RegistryError::NoArms)?;
    print(&json!({
        "study": asked.name,
        "arms": shares(&arms.arms),
        "stratified": arms.stratified,
        "commitment": hex(&arms.commitment),
        "set_at": rfc3339(arms.recorded_ms),
        "unsealed_at": arms.unsealed_ms.map(rfc3339),
    }))
}

pub(super) fn allocate(context: &Context, asked: &StudyAllocate) -> Result<(), CommandError> {
    let study = context.study(&asked.name)?;
    let id = context.participant(&asked.id)?;
    let (stratum, now_ms) = (asked.stratum.as_deref(), context.now_ms());
    let given = context.registry.allocate(study, id, stratum, &asked.asked_by, now_ms);
    let (given, is_new) = context.runtime.block_on(given)?;
    if !is_new {
        eprintln!("foulee: allocated before: nothing changed");
    }
    print(&shown(&given))
}

pub(super) fn unseal(context: &Context, asked: &StudyUnseal) -> Result<(), CommandError> {
    if !asked.yes {
        return Err(CommandError::UnsealUnsure);
    }
    let study = context.study(&asked.name)?;
    let unsealed = context.runtime.block_on(context.registry.unseal_arms(study, context.now_ms()))?;
    print(&json!({
        "study": asked.name,
        "arms": shares(unsealed.plan.arms()),
        "block": unsealed.plan.block(),
        "seed": hex(&unsealed.seed),
        "commitment": hex(&commitment_of(&unsealed.seed)),
        "unsealed_at": rfc3339(unsealed.unsealed_ms),
        "allocations": unsealed.allocations.iter().map(shown).collect::<Vec<_>>(),
    }))
}

/// An object keeps no order, and a list follows from the arms' order: so they are pairs.
fn shares(arms: &[Arm]) -> Vec<Value> {
    arms.iter().map(|arm| json!({"arm": arm.name, "share": arm.share})).collect()
}

fn shown(given: &Allocation) -> Value {
    let mut shown = Map::new();
    shown.insert("participant".to_owned(), given.participant.to_string().into());
    let stratum = (!given.stratum.is_empty()).then(|| given.stratum.clone());
    shown.insert("stratum".to_owned(), stratum.into());
    shown.insert("slot".to_owned(), given.slot.into());
    shown.insert("arm".to_owned(), given.arm.clone().into());
    shown.insert("asked_by".to_owned(), given.asked_by.clone().into());
    shown.insert("allocated_at".to_owned(), rfc3339(given.recorded_ms).into());
    shown.into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn print(value: &Value) -> Result<(), CommandError> {
    Ok(print_text(&format!("{}\n", serde_json::to_string_pretty(value)?))?)
}
