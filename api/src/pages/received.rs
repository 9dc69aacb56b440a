//! The page of what has come of each device, day by day and hour by hour, and why the rest has not.

use askama::Template;

use super::error::PagesError;
use super::markup::{Legend, Markup};
use super::model::{DeviceKind, DifferingTotal, ReceivedDay, ReceivedPage, ReceivedSource};
use super::svg_received;
use super::text::Text;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<h1>{{ t.get("received_heading") }}</h1>
<dl class="facts about">
<div><dt>{{ t.get("fact_participant") }}</dt><dd>{{ page.participant }}</dd></div>
<div><dt>{{ t.get("received_as_of") }}</dt><dd>{{ as_of }}</dd></div>
</dl>
<p class="note">{{ t.get("received_note") }}</p>
{% if let Some(href) = page.other_view %}<p><a href="{{ href.as_str() }}">{{ other_view }}</a></p>{% endif %}
{% if sources.is_empty() %}<p>{{ t.get("received_none") }}</p>{% endif %}
{%- for source in sources %}
<section class="card wide" aria-labelledby="{{ source.id }}">
<h2 id="{{ source.id }}">{{ source.name }}</h2>
<figure>{{ source.plot }}{{ source.legend }}</figure>
<details><summary>{{ t.get("show_figures") }}</summary>
<div class="scroll" role="region" aria-labelledby="{{ source.id }}-caption" tabindex="0"><table>
<caption id="{{ source.id }}-caption">{{ t.get("received_caption") }}</caption>
<thead><tr><th scope="col">{{ t.get("column_day") }}</th><th scope="col">{{ t.get("received_received") }}</th><th scope="col">{{ t.get("received_missing") }}</th><th scope="col">{{ t.get("received_arrived") }}</th>{% if source.has_remarks %}<th scope="col">{{ t.get("received_remarks") }}</th>{% endif %}</tr></thead>
<tbody>
{%- for row in source.rows %}
<tr><th scope="row">{{ row.day }}</th><td>{{ row.received }}</td><td class="words">{{ row.missing }}</td><td>{{ row.arrived }}</td>{% if source.has_remarks %}<td class="words">{{ row.remarks }}</td>{% endif %}</tr>
{%- endfor %}
</tbody></table></div></details>
</section>
{%- endfor %}
<nav class="pager" aria-label="{{ t.get("received_nav") }}">
{% if let Some(href) = page.earlier %}<a href="{{ href.as_str() }}">{{ t.get("received_earlier") }}</a>{% endif %}
{% if let Some(href) = page.later %}<a href="{{ href.as_str() }}">{{ t.get("received_later") }}</a>{% endif %}
</nav>
<p><a href="{{ page.person.as_str() }}">{{ t.get("live_back") }}</a></p>"##
)]
struct Body<'a> {
    t: &'a Text,
    page: &'a ReceivedPage,
    as_of: String,
    other_view: &'static str,
    sources: Vec<Source>,
}

struct Source {
    id: String,
    name: String,
    plot: Markup,
    legend: Markup,
    has_remarks: bool,
    rows: Vec<Row>,
}

struct Row {
    day: String,
    received: String,
    missing: String,
    arrived: String,
    remarks: String,
}

/// Everything inside `main`.
pub(crate) fn body(t: &Text, page: &ReceivedPage) -> Result<Markup, PagesError> {
    let sources = page.sources.iter().enumerate().map(|(place, of)| source(t, place, of));
    Markup::of(&Body {
        t,
        page,
        as_of: page.as_of.map_or_else(|| t.get("received_now").to_owned(), |at| t.moment(at)),
        other_view: t.get(if page.as_of.is_some() { "received_see_now" } else { "received_see_then" }),
        sources: sources.collect::<Result<_, _>>()?,
    })
}

fn source(t: &Text, place: usize, of: &ReceivedSource) -> Result<Source, PagesError> {
    let id = format!("source-{place}");
    let kind = t.get(kind_key(of.kind));
    let rows: Vec<Row> = of.days.iter().map(|day| row(t, day)).collect();
    let told = |row: &Row| {
        t.fill("received_day", &[("day", &row.day), ("received", &row.received), ("missing", &row.missing)])
    };
    let desc = rows.iter().map(told).collect::<Vec<_>>().join(t.get("sentence_separator"));
    let pattern = svg_received::pattern(&id);
    Ok(Source {
        name: if of.name.is_empty() {
            kind.to_owned()
        } else {
            t.fill("received_device", &[("kind", kind), ("name", &of.name)])
        },
        plot: svg_received::plot(t, &id, &of.days, desc)?,
        legend: Markup::of(&Legend { pattern: &pattern, lines: svg_received::legend(t, &of.days) })?,
        has_remarks: rows.iter().any(|row| !row.remarks.is_empty()),
        rows,
        id,
    })
}

fn kind_key(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Watch => "device_watch",
        DeviceKind::Ring => "device_ring",
        DeviceKind::Strap => "device_strap",
        DeviceKind::FootPod => "device_foot_pod",
        DeviceKind::Phone => "device_phone",
        DeviceKind::Accelerometer => "device_accelerometer",
        DeviceKind::Manual => "device_manual",
        DeviceKind::Other => "device_other",
    }
}

fn row(t: &Text, day: &ReceivedDay) -> Row {
    let of = &day.minutes;
    let causes = [
        ("received_not_worn", of.not_worn),
        ("received_not_synced", of.not_synced),
        ("received_battery", of.battery),
        ("received_link_lost", of.link),
        ("received_permission", of.permission),
        ("received_lost", of.lost),
        ("received_silent", of.silent),
        ("received_unknown", of.unknown),
    ];
    let missing = causes.into_iter().filter(|(_, minutes)| *minutes > 0).map(|(key, minutes)| {
        t.fill("term_and_value", &[("term", t.get(key)), ("value", &t.duration(minutes))])
    });
    let elsewhere = day.clock_elsewhere.then(|| t.get("received_clock_elsewhere").to_owned());
    let remarks = day.total.as_ref().map(|total| differing(t, total)).into_iter().chain(elsewhere);
    let missing = missing.collect::<Vec<_>>().join(t.get("list_separator"));
    Row {
        day: t.date_short(day.date),
        received: match of.received_not_worn {
            0 => t.duration(of.received),
            off => t.fill(
                "received_of_it_not_worn",
                &[("all", &t.duration(of.received + off)), ("off", &t.duration(off))],
            ),
        },
        missing: if missing.is_empty() { t.get("received_nothing").to_owned() } else { missing },
        arrived: day.arrived.map_or_else(|| t.get("none_received").to_owned(), |at| t.moment_short(at)),
        remarks: remarks.collect::<Vec<_>>().join(t.get("list_separator")),
    }
}

fn differing(t: &Text, of: &DifferingTotal) -> String {
    let total = t.number(of.total.into());
    let minutes = of.minutes.map_or_else(|| t.get("unknown").to_owned(), |steps| t.number(steps.into()));
    let key = match (of.zeros, of.explained) {
        (true, _) => "received_total_zeros",
        (false, true) => "received_total_explained",
        (false, false) => "received_total_flagged",
    };
    t.fill(key, &[("total", &total), ("minutes", &minutes)])
}
