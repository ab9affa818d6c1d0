//! The page: files built from `web/` and kept in this program. It asks the own API and nobody else;
//! its policy has the browser hold it to that.

use crate::app::App;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use include_dir::{Dir, include_dir};
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../web/dist");

/// Scripts and styles come from here alone and none stand in the page; nothing frames it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
                      connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; \
                      frame-ancestors 'none'";
/// Names of assets change with their content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Whether a path is the page's own. These hold no secrets, so they need no token: the page asks for it.
pub fn is_page(path: &str) -> bool {
    path == "/" || path.starts_with("/assets/")
}

pub fn routes() -> Router<App> {
    let fixed = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    Router::new()
        .route("/", get(|| async { file("index.html", "no-cache") }))
        .route(
            "/assets/{name}",
            get(|Path(name): Path<String>| async move { file(&format!("assets/{name}"), FOR_EVER) }),
        )
        .layer(fixed(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
        .layer(fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(CompressionLayer::new())
}

fn file(path: &str, cache: &'static str) -> Response {
    let Some(file) = FILES.get_file(path) else {
        return (StatusCode::NOT_FOUND, "there is no such file of the page; reload it").into_response();
    };
    let mime = mime_guess::from_path(path).first_or_octet_stream().to_string();
    ([(header::CONTENT_TYPE, mime.as_str()), (header::CACHE_CONTROL, cache)], file.contents()).into_response()
}
