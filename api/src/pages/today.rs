//! A participant's day: what is asked for, and what can be said with two taps. It works without a script.

use askama::Template;
use foulee_contract::{Felt, RedFlag, SafetyTier};

use super::error::PagesError;
use super::markup::Markup;
use super::model::{QuotaKind, Received, Stopped, TodayPage};
use super::shell::safety_words;
use super::text::Text;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<h1>{{ heading }}</h1>
{% if let Some(received) = received %}<p class="received" role="status">{{ received }}</p>{% endif %}
<div class="cards">
<section class="card" aria-labelledby="today">
<h2 id="today">{{ t.get("today_quota_heading") }}</h2>
{% if page.withheld %}<p>{{ t.get("today_withheld") }}</p>
{% else if quotas.is_empty() %}<p class="lead">{{ t.get("today_rest") }}</p><p>{{ t.get("today_rest_text") }}</p>
{% else %}<ul class="quotas">
{%- for quota in quotas %}
<li><p class="lead">{{ quota.amount }}</p>{% if !quota.exercises.is_empty() %}<ul>{% for exercise in quota.exercises %}<li>{{ exercise }}</li>{% endfor %}</ul>{% endif %}<p>{{ quota.often }}</p><p>{{ quota.done }}</p>
{% if let Some(session) = quota.session %}{% if page.may_say %}<form method="post" action="{{ page.action.as_str() }}">
<input type="hidden" name="what" value="session"><input type="hidden" name="id" value="{{ session.id }}"><input type="hidden" name="value" value="{{ session.activity }}">
<p><label for="minutes-{{ session.activity }}">{{ t.get("today_minutes_label") }}</label> <input id="minutes-{{ session.activity }}" name="minutes" type="number" inputmode="numeric" min="0" max="240" value="{{ session.minutes }}" required></p>
<p><button type="submit">{{ session.button }}</button></p>
</form>{% endif %}{% endif %}</li>
{%- endfor %}
</ul>{% endif %}
</section>
{% if page.may_say %}<section class="card" aria-labelledby="checkin">
<h2 id="checkin">{{ t.get("today_checkin_heading") }}</h2>
<form method="post" action="{{ page.action.as_str() }}">
<input type="hidden" name="what" value="pain"><input type="hidden" name="id" value="{{ page.ids.pain }}">
<fieldset><legend>{{ t.get("today_pain") }}</legend>
<div class="scale">{% for n in 0..=10 %}<button type="submit" name="value" value="{{ n }}"{% if page.said.pain == Some(*n) %} aria-pressed="true"{% endif %}>{{ n }}</button>{% endfor %}</div>
<p class="ends"><span>{{ t.get("today_pain_none") }}</span><span>{{ t.get("today_pain_worst") }}</span></p>
</fieldset></form>
{% if let Some(said) = pain_said %}<p>{{ said }}</p>{% endif %}
{% if !page.withheld %}<form method="post" action="{{ page.action.as_str() }}">
<input type="hidden" name="what" value="felt"><input type="hidden" name="id" value="{{ page.ids.felt }}">
<fieldset><legend>{{ t.get("today_felt") }}</legend>
<div class="scale three">{% for (word, text) in felt %}<button type="submit" name="value" value="{{ word }}"{% if page.said.felt == Some(word) %} aria-pressed="true"{% endif %}>{{ text }}</button>{% endfor %}</div>
</fieldset></form>
<form method="post" action="{{ page.action.as_str() }}">
<input type="hidden" name="what" value="flare"><input type="hidden" name="id" value="{{ page.ids.flare }}">
<p>{{ flare_text }}</p>
<p><button type="submit" name="value" value="{{ flare_edge }}">{{ flare_button }}</button></p>
</form>{% endif %}
</section>
<section class="card" aria-labelledby="signs">
<h2 id="signs">{{ t.get("today_signs_heading") }}</h2>
<p>{{ t.get("today_signs_lead") }}</p>
<details{% if page.withheld %} open{% endif %}><summary>{{ t.get("today_signs_show") }}</summary>
<form method="post" action="{{ page.action.as_str() }}">
<input type="hidden" name="what" value="signs"><input type="hidden" name="id" value="{{ page.ids.signs }}">
<fieldset><legend>{{ t.get("today_signs_legend") }}</legend>
{%- for (word, text) in signs %}
<p class="choice"><input type="checkbox" id="sign-{{ word }}" name="signs" value="{{ word }}"> <label for="sign-{{ word }}">{{ text }}</label></p>
{%- endfor %}
</fieldset>
<p><button type="submit">{{ t.get("today_signs_send") }}</button></p>
</form>
<p>{{ t.get("today_signs_none") }}</p>
</details>
</section>
<section class="card" aria-labelledby="prefer">
<h2 id="prefer">{{ t.get("today_prefer_heading") }}</h2>
<p>{{ t.get("today_prefer_lead") }}</p>
<details><summary>{{ t.get("today_prefer_show") }}</summary>
<form method="post" action="{{ page.action.as_str() }}">
<input type="hidden" name="what" value="preferences">
{%- for group in preferences %}
<fieldset><legend>{{ group.legend }}</legend>
{%- for choice in group.choices %}
<p class="choice"><input type="checkbox" id="{{ group.name }}-{{ choice.word }}" name="{{ group.name }}" value="{{ choice.word }}"{% if choice.chosen %} checked{% endif %}> <label for="{{ group.name }}-{{ choice.word }}">{{ choice.text }}</label></p>
{%- endfor %}
</fieldset>
{%- endfor %}
<p><button type="submit">{{ t.get("today_prefer_send") }}</button></p>
</form></details>
</section>{% endif %}
<section class="card" aria-labelledby="data">
<h2 id="data">{{ t.get("today_data_heading") }}</h2>
<p>{{ t.get("today_data_what") }}</p>
<p>{{ t.get("today_data_who") }}</p>
<p>{{ t.get("today_data_rights") }}</p>
<p><a href="{{ page.person.as_str() }}">{{ t.get("today_person_link") }}</a></p>
</section>
</div>"##
)]
struct Body<'a> {
    t: &'a Text,
    page: &'a TodayPage,
    heading: String,
    received: Option<&'static str>,
    quotas: Vec<Quota<'a>>,
    pain_said: Option<String>,
    felt: [(&'static str, &'static str); 3],
    flare_text: &'static str,
    flare_edge: &'static str,
    flare_button: &'static str,
    signs: Vec<(&'static str, &'static str)>,
    preferences: [Group; 3],
}

struct Quota<'a> {
    amount: String,
    exercises: &'a [String],
    often: String,
    done: String,
    session: Option<Session<'a>>,
}

struct Session<'a> {
    id: &'a str,
    activity: &'static str,
    minutes: u32,
    button: &'static str,
}

struct Group {
    name: &'static str,
    legend: &'static str,
    choices: Vec<Choice>,
}

struct Choice {
    word: &'static str,
    text: &'static str,
    chosen: bool,
}

/// The activity that a reported kind is reported as.
fn activity_of(kind: QuotaKind) -> Option<&'static str> {
    match kind {
        QuotaKind::Steps | QuotaKind::WalkMinutes | QuotaKind::Workshop => None,
        QuotaKind::Stretching => Some("stretching"),
        QuotaKind::Strengthening => Some("strengthening"),
        QuotaKind::Relaxation => Some("relaxation"),
    }
}

/// Activities and weekdays as the profile names them, with the keys of their texts.
const ACTIVITIES: [(&str, &str); 5] = [
    ("walking", "activity_walking"),
    ("stretching", "activity_stretching"),
    ("strengthening", "activity_strengthening"),
    ("relaxation", "activity_relaxation"),
    ("workshop", "activity_workshop"),
];
const WEEKDAYS: [(&str, &str); 7] = [
    ("mon", "monday"),
    ("tue", "tuesday"),
    ("wed", "wednesday"),
    ("thu", "thursday"),
    ("fri", "friday"),
    ("sat", "saturday"),
    ("sun", "sunday"),
];

/// The text of a sign.
pub(crate) fn sign_text(t: &Text, code: RedFlag) -> &'static str {
    t.get(match code {
        RedFlag::Sphincter => "sign_sphincter",
        RedFlag::SaddleNumbness => "sign_saddle_numbness",
        RedFlag::LegWeakness => "sign_leg_weakness",
        RedFlag::MajorTrauma => "sign_major_trauma",
        RedFlag::ChestPain => "sign_chest_pain",
        RedFlag::Syncope => "sign_syncope",
        RedFlag::FeverWithSevereBackPain => "sign_fever_with_severe_back_pain",
        RedFlag::NightPain => "sign_night_pain",
        RedFlag::WeightLoss => "sign_weight_loss",
        RedFlag::Fever => "sign_fever",
        RedFlag::DorsalPain => "sign_dorsal_pain",
        RedFlag::GeneralDecline => "sign_general_decline",
        RedFlag::AgeAtOnset => "sign_age_at_onset",
        RedFlag::CancerHistory => "sign_cancer_history",
        RedFlag::Steroids => "sign_steroids",
        RedFlag::Deformity => "sign_deformity",
    })
}

/// The text of a stop, without a page around it.
///
/// # Errors
/// Only where a catalogue of this build is broken.
pub fn safety_text(is_urgent: bool, lang: super::Lang) -> Result<String, PagesError> {
    let t = Text::of(lang)?;
    let (heading, text) = safety_words(&t, if is_urgent { Stopped::Urgent } else { Stopped::Review });
    Ok(t.fill("safety_said", &[("heading", heading), ("text", text)]))
}

/// Everything inside `main`.
pub(crate) fn body(t: &Text, page: &TodayPage) -> Result<Markup, PagesError> {
    let mut ids = page.ids.sessions.iter();
    let quotas = page.quotas.iter().map(|quota| {
        let id = ids.next();
        let amount = t.amount(quota.kind, quota.target);
        let per_week = t.number(quota.per_week.into());
        Quota {
            exercises: &quota.exercises,
            often: t.count("today_often", quota.per_week.into(), &[("n", &per_week)]),
            done: match quota.done {
                Some(done) => t.fill("today_done", &[("amount", &t.amount(quota.kind, done))]),
                None => t.get("today_done_unknown").to_owned(),
            },
            session: activity_of(quota.kind).zip(id).map(|(activity, id)| Session {
                id,
                activity,
                minutes: quota.target,
                button: t.get("today_session_done"),
            }),
            amount,
        }
    });
    let group = |name, legend, words: &[(&'static str, &'static str)], chosen: &[String]| Group {
        name,
        legend: t.get(legend),
        choices: words
            .iter()
            .map(|(word, key)| Choice {
                word,
                text: t.get(key),
                chosen: chosen.iter().any(|one| one == word),
            })
            .collect(),
    };
    let preferences = &page.preferences;
    let acting = |code: &&RedFlag| code.tier() != SafetyTier::History;
    Markup::of(&Body {
        t,
        page,
        heading: t.fill("today_heading", &[("date", &t.date_full(page.today))]),
        received: page.received.map(|received| match received {
            Received::Said => t.get("today_received"),
            Received::Preferences => t.get("today_received_preferences"),
        }),
        quotas: quotas.collect(),
        pain_said: page.said.pain.map(|n| t.fill("today_pain_said", &[("n", &t.number(n.into()))])),
        felt: [
            (Felt::TooEasy.as_str(), t.get("felt_too_easy")),
            (Felt::Right.as_str(), t.get("felt_right")),
            (Felt::TooHard.as_str(), t.get("felt_too_hard")),
        ],
        flare_text: t.get(if page.said.flare { "today_flare_open" } else { "today_flare_none" }),
        flare_edge: if page.said.flare { "end" } else { "start" },
        flare_button: t.get(if page.said.flare { "today_flare_end" } else { "today_flare_start" }),
        signs: RedFlag::ALL.iter().filter(acting).map(|code| (code.as_str(), sign_text(t, *code))).collect(),
        preferences: [
            group("likes", "prefer_likes", &ACTIVITIES, &preferences.likes),
            group("avoids", "prefer_avoids", &ACTIVITIES, &preferences.avoids),
            group("impossible_days", "prefer_impossible", &WEEKDAYS, &preferences.impossible_days),
        ],
    })
}
