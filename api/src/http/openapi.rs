use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The OpenAPI 3.1 document of `/v1`. A test holds it against the router.
pub const OPENAPI: &str = include_str!("../../openapi.json");

pub(super) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")], OPENAPI)
        .into_response()
}
