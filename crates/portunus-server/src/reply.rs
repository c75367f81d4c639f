//! What is answered: a status, headers, a body. It knows nothing of what it says.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};

/// An answer that is about to be sent.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: String,
}

impl Reply {
    /// JSON, as text.
    pub fn json(status: StatusCode, body: impl Into<String>) -> Self {
        Self::typed(status, "application/json", body)
    }

    /// A text of another type.
    pub fn typed(status: StatusCode, kind: &str, body: impl Into<String>) -> Self {
        Self { status, headers: vec![(header::CONTENT_TYPE, kind.into())], body: body.into() }
    }

    /// The same, with a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// As it is sent. Nothing of it is to be kept by anybody between here and the caller.
    pub fn sent(self, request_id: &str) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let fixed = [
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::VARY, "Authorization".to_owned()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            (HeaderName::from_static("x-request-id"), request_id.to_owned()),
        ];
        for (name, value) in self.headers.into_iter().chain(fixed) {
            // What cannot be a header is left out; all of them are of our own making.
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
