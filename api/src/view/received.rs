use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use foulee_analytics::{AnalyticsError, HomeZones};
use foulee_contract::{Source, SourceKind};
use foulee_store::Store;
use serde::Deserialize;

use super::{local, person};
use crate::ApiError;
use crate::adherence::{Period, load_rows, reference_date};
use crate::feed::{CompletenessBy, CompletenessFeed, CompletenessRow};
use crate::pages::Lang;
use crate::pages::model as p;
use crate::registry::{Participant, Registry};
use crate::worker::{CLOCK_ELSEWHERE, Person, TotalCell};

/// No moment that somebody can ask about is later: the year 4000, ms since 1970.
const MOST_MS: i64 = 64_060_588_800_000;
/// Days of the page.
const DAYS: u64 = 14;

/// What the address of the page of what has come asks for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ReceivedQuery {
    /// `fr` or `en`.
    pub lang: Option<String>,
    /// The last day.
    pub to: Option<NaiveDate>,
    /// As it was known at this moment.
    pub as_of: Option<DateTime<Utc>>,
}

/// What has come of a participant's devices in two weeks, from the store.
///
/// # Errors
/// When the registry or the store fails.
pub async fn received_page(
    registry: &Registry,
    store: &dyn Store,
    participant: &Participant,
    zones: &HomeZones,
    query: &ReceivedQuery,
    lang: Lang,
    now_ms: i64,
) -> Result<p::ReceivedPage, ApiError> {
    let id = participant.id;
    let today = zones.date_of(now_ms)?;
    let last_day = registry.day_row_digests(id).await?.iter().map(|day| day.date).max();
    // Where people's data ended long ago, their last days are more than today's emptiness.
    let shown = last_day.map_or(today, |last| last.max(reference_date(today, Some(last))));
    let to = query.to.unwrap_or(shown).min(today);
    let from = to.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(to);
    let known_at_ms = query.as_of.map(|at| at.timestamp_millis());
    if known_at_ms.is_some_and(|ms| !(0..=MOST_MS).contains(&ms)) {
        return Err(AnalyticsError::TimeOutOfRange { utc_ms: known_at_ms.unwrap_or_default() }.into());
    }
    let person = Person::load(registry, store, id).await?.ok_or(ApiError::ParticipantUnknown)?;
    let totals = load_rows(registry, id, Period { from, to }).await?;

    let mut by_source: BTreeMap<String, BTreeMap<NaiveDate, Vec<CompletenessRow>>> = BTreeMap::new();
    let period = Period { from, to };
    let mut feed =
        CompletenessFeed::open(store, &person, period, CompletenessBy::Hour, known_at_ms, now_ms).await?;
    while let Some(rows) = feed.next().await? {
        for row in rows {
            let date = row.date.parse().map_err(|_| ApiError::RowDamaged)?;
            by_source.entry(row.source.clone()).or_default().entry(date).or_default().push(row);
        }
    }
    let mut sources = Vec::new();
    for known in &person.sources {
        let Some(days) = by_source.remove(known.source.key()) else { continue };
        let mut of_source = Vec::new();
        for (date, hours) in days.iter().rev() {
            let bounds = zones.bounds(*date)?;
            // What a device said of a day may have come after the moment that is asked about.
            let rows = totals.get(date).filter(|_| known_at_ms.is_none());
            let clock_elsewhere =
                rows.is_some_and(|row| row.flags.iter().any(|flag| flag == CLOCK_ELSEWHERE));
            let total = rows.and_then(|row| row.totals.iter().find(|cell| cell.source == known.source.key()));
            let told = day(zones, *date, bounds.start, hours, total);
            of_source.push(p::ReceivedDay { clock_elsewhere, ..told });
        }
        sources.push(p::ReceivedSource {
            kind: kind_of(known.source.kind()),
            name: name_of(&known.source),
            days: of_source,
        });
    }
    let as_of = query.as_of.map(|at| crate::feed::rfc3339(at.timestamp_millis()));
    let href = |lang: Lang, to: NaiveDate, as_of: Option<&str>| {
        let as_of = as_of.map_or_else(String::new, |as_of| format!("&as_of={as_of}"));
        p::Href::new(format!("?lang={}&to={to}{as_of}", lang.code())).ok()
    };
    let evening = crate::feed::rfc3339(zones.bounds(to)?.end);
    Ok(p::ReceivedPage {
        frame: p::Frame {
            safety: None,
            synthetic: None,
            storing: false,
            other_language: href(lang.other(), to, as_of.as_deref()),
            index: p::Href::new(format!("/?lang={}", lang.code())).ok(),
        },
        participant: person::short(participant),
        person: p::Href::new(format!("/p/{id}?lang={}", lang.code()))?,
        as_of: known_at_ms.and_then(|ms| local(zones, ms)),
        sources,
        earlier: from.pred_opt().and_then(|before| href(lang, before, None)),
        later: to
            .checked_add_days(Days::new(DAYS))
            .filter(|_| to < today)
            .and_then(|later| href(lang, later, None)),
        other_view: match known_at_ms {
            Some(_) => href(lang, to, None),
            None => href(lang, to, Some(&evening)).filter(|_| to < today),
        },
    })
}

/// What a reader may know a device by. Names and serial numbers that were hashed tell nobody anything.
fn name_of(source: &Source) -> String {
    let hashed = |part: &str| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts = [source.app(), source.maker(), source.model(), source.name()];
    parts.into_iter().filter(|part| !part.is_empty() && !hashed(part)).collect::<Vec<_>>().join(" ")
}

fn day(
    zones: &HomeZones,
    date: NaiveDate,
    start_ms: i64,
    rows: &[CompletenessRow],
    total: Option<&TotalCell>,
) -> p::ReceivedDay {
    let mut hours: Vec<Option<p::ReceivedMinutes>> = Vec::new();
    let mut all = p::ReceivedMinutes::default();
    for row in rows {
        let minutes = minutes_of(row);
        add(&mut all, &minutes);
        let at = DateTime::parse_from_rfc3339(&row.start).map_or(start_ms, |at| at.timestamp_millis());
        let hour = usize::try_from((at - start_ms) / 3_600_000).unwrap_or(0);
        if hours.len() <= hour {
            hours.resize(hour + 1, None);
        }
        hours[hour] = Some(minutes);
    }
    let arrived = rows.iter().filter_map(|row| row.arrived.as_deref()).max();
    let arrived = arrived.and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    p::ReceivedDay {
        date,
        minutes: all,
        hours,
        arrived: arrived.and_then(|at| local(zones, at.timestamp_millis())),
        clock_elsewhere: false,
        total: total.filter(|cell| cell.check != "equal").map(|cell| p::DifferingTotal {
            total: cell.total,
            minutes: cell.minutes,
            explained: matches!(cell.check.as_str(), "no_minutes" | "minutes_missing"),
            zeros: cell.check == "zeros_contradicted",
        }),
    }
}

fn minutes_of(row: &CompletenessRow) -> p::ReceivedMinutes {
    p::ReceivedMinutes {
        received: row.received - row.received_not_worn,
        received_not_worn: row.received_not_worn,
        not_worn: row.not_worn,
        not_synced: row.not_synced,
        battery: row.battery,
        link: row.link,
        permission: row.permission,
        lost: row.lost,
        silent: row.silent,
        unknown: row.unknown,
    }
}

fn add(all: &mut p::ReceivedMinutes, more: &p::ReceivedMinutes) {
    all.received += more.received;
    all.received_not_worn += more.received_not_worn;
    all.not_worn += more.not_worn;
    all.not_synced += more.not_synced;
    all.battery += more.battery;
    all.link += more.link;
    all.permission += more.permission;
    all.lost += more.lost;
    all.silent += more.silent;
    all.unknown += more.unknown;
}

fn kind_of(kind: SourceKind) -> p::DeviceKind {
    match kind {
        SourceKind::Watch => p::DeviceKind::Watch,
        SourceKind::Ring => p::DeviceKind::Ring,
        SourceKind::Strap => p::DeviceKind::Strap,
        SourceKind::FootPod => p::DeviceKind::FootPod,
        SourceKind::Phone => p::DeviceKind::Phone,
        SourceKind::Accelerometer => p::DeviceKind::Accelerometer,
        SourceKind::Manual => p::DeviceKind::Manual,
        SourceKind::Gateway | SourceKind::Unknown => p::DeviceKind::Other,
    }
}
