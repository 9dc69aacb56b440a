//! What stands around every page: head, skip link, notice, language, stamp.

use askama::Template;

use super::assets::STYLESHEET;
use super::error::PagesError;
use super::markup::Markup;
use super::model::{Frame, Href, Stopped, Synthetic};
use super::text::Text;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<!DOCTYPE html>
<html lang="{{ t.lang().code() }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>{{ title }}</title>
<link rel="stylesheet" href="{{ stylesheet }}">
<link rel="icon" href="data:,">
</head>
<body>
<a class="skip" href="#main">{{ t.get("skip_to_content") }}</a>
<header class="top">
<p class="brand">{{ t.get("brand") }}</p>
{% if frame.index.is_some() || frame.other_language.is_some() %}<nav aria-label="{{ t.get("nav_site") }}">
{% if let Some(href) = frame.index %}<a href="{{ href.as_str() }}">{{ t.get("to_index") }}</a>{% endif %}
{% if let Some(href) = frame.other_language %}<a href="{{ href.as_str() }}" lang="{{ t.lang().other().code() }}" hreflang="{{ t.lang().other().code() }}">{{ t.get("other_language") }}</a>{% endif %}
</nav>{% endif %}
<p class="notice">{{ t.get("research_notice") }}</p>
{% if let Some(stamp) = stamp %}<p class="stamp">{{ stamp }}</p>{% endif %}
{% if frame.storing %}<p class="stamp" role="status">{{ t.get("being_stored") }}</p>{% endif %}
</header>
<main id="main" tabindex="-1">
{% if let Some(safety) = safety %}<section class="safety" role="alert" aria-labelledby="safety-heading">
<p class="lead" id="safety-heading">{{ safety.heading }}</p>
<p>{{ safety.text }}</p>
<p>{{ t.get("safety_withheld") }}</p>
{% if let Some(href) = safety.href %}<p><a href="{{ href.as_str() }}">{{ t.get("safety_link") }}</a></p>{% endif %}
</section>{% endif %}
{{ body }}
</main>
</body>
</html>
"##
)]
struct Shell<'a> {
    t: &'a Text,
    frame: &'a Frame,
    title: String,
    stylesheet: String,
    stamp: Option<&'static str>,
    safety: Option<Safety<'a>>,
    body: Markup,
}

struct Safety<'a> {
    heading: &'static str,
    text: &'static str,
    href: Option<&'a Href>,
}

/// The heading and the text of a stop.
pub(crate) fn safety_words(t: &Text, stopped: Stopped) -> (&'static str, &'static str) {
    match stopped {
        Stopped::Urgent => (t.get("safety_urgent_heading"), t.get("safety_urgent_text")),
        Stopped::Review => (t.get("safety_review_heading"), t.get("safety_review_text")),
    }
}

/// The whole page around `body`; `name` tells one tab from another.
pub(crate) fn page(t: &Text, frame: &Frame, name: &str, body: Markup) -> Result<String, PagesError> {
    let stamp = frame.synthetic.map(|synthetic| match synthetic {
        Synthetic::MadeOf => t.get("synthetic_made_of"),
        Synthetic::LearntFrom => t.get("synthetic_learnt_from"),
    });
    let title = t.fill("page_title", &[("name", name)]);
    let safety = frame.safety.as_ref().map(|notice| {
        let (heading, text) = safety_words(t, notice.stopped);
        Safety { heading, text, href: notice.href.as_ref() }
    });
    let shell = Shell { t, frame, title, stylesheet: STYLESHEET.href(), stamp, safety, body };
    Ok(Markup::of(&shell)?.into_string())
}
