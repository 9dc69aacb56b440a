//! The page that asks for a token.

use askama::Template;

use super::error::PagesError;
use super::markup::Markup;
use super::text::Text;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<h1>{{ t.get("enter_heading") }}</h1>
<div class="card"><p class="lead">{{ t.get("enter_text") }}</p>
<form method="post" action="/enter?lang={{ t.lang().code() }}">
<p><label for="token">{{ t.get("enter_label") }}</label></p>
<p><input id="token" name="token" type="password" autocomplete="current-password" required autofocus{% if refused %} aria-invalid="true" aria-describedby="refused"{% endif %}></p>
{% if refused %}<p id="refused" role="alert">{{ t.get("enter_refused") }}</p>{% endif %}
<p><button type="submit">{{ t.get("enter_button") }}</button></p>
</form></div>"##
)]
struct Body<'a> {
    t: &'a Text,
    refused: bool,
}

/// Everything inside `main`.
pub(crate) fn body(t: &Text, refused: bool) -> Result<Markup, PagesError> {
    Markup::of(&Body { t, refused })
}
