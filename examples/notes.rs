//! Notes over HTTP: sign-up and login by procedures, and then each request is a transaction with its own bearer's token, so that
//! no handler asks whether somebody may. It knows only what any application may: secrets, and the views that they open.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use portunus::{
    Action, Collection, ErrorKind, Login, NewKey, Password, Portunus, Role, Secret, Sessions, by,
};
use serde_json::{Value, json};
use std::error::Error;
use std::sync::Arc;

struct App {
    db: Portunus,
    /// The key for who is nobody yet: it calls two procedures, and can do nothing else.
    public: Secret,
}

type Answer = Result<Json<Value>, Failed>;

struct Failed(portunus::Error);

impl From<portunus::Error> for Failed {
    fn from(error: portunus::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = match self.0.kind() {
            ErrorKind::Unauthenticated | ErrorKind::InvalidSecret => StatusCode::UNAUTHORIZED,
            ErrorKind::Denied => StatusCode::FORBIDDEN,
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Invalid | ErrorKind::Constraint => StatusCode::BAD_REQUEST,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, Json(json!({"error": self.0.code()}))).into_response()
    }
}

fn open() -> portunus::Result<App> {
    let (db, admin) = Portunus::builder()
        .procedure("sign_up", |call, (name, password): (String, String)| {
            let hash = call.hash_password(&Password::new(password)?)?;
            call.write(|tx| {
                let user = tx.create("users", json!({"name": name}))?;
                tx.set_credential("users", user.id(), &hash, Sessions::End)
            })
        })
        .procedure("login", |call, (name, password): (String, String)| {
            let password = Password::new(password)?;
            Ok(call.login(Login::new("users", by("name", name), &password))?.secret.expose().to_owned())
        })
        .in_memory()?;
    let public = db.write(&admin, |tx| {
        tx.define(Collection::new("users").unique(["name"]))?;
        tx.define(Collection::new("notes").index(["owner"]))?;
        tx.define_role(
            Role::new("author")
                .member("users")
                .allow_when("notes", Action::Read, "doc.owner == id(identity) || doc.public")
                .allow_when("notes", Action::Create, "new.owner == id(identity)")
                .allow_when("notes", Action::Delete, "doc.owner == id(identity)"),
        )?;
        tx.define_procedure("sign_up", Some("server"))?;
        tx.define_procedure("login", Some("server"))?;
        tx.define_role(Role::new("public").allow_call("sign_up").allow_call("login"))?;
        tx.create_key(NewKey::new("public"))
    })?;
    Ok(App { db, public: public.secret })
}

/// What a request brings. Without one it is a secret that opens nothing, which is what the store then says.
fn bearer(headers: &HeaderMap) -> Secret {
    let text = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    Secret::new(text.unwrap_or_default())
}

/// Runs what waits for a disk or a password hash where waiting is allowed.
async fn run(app: Arc<App>, work: impl FnOnce(&App) -> portunus::Result<Value> + Send + 'static) -> Answer {
    let ran = tokio::task::spawn_blocking(move || work(&app)).await;
    Ok(Json(ran.map_err(|_| portunus::Error::application("the request was not finished"))??))
}

async fn sign_up(State(app): State<Arc<App>>, Json(who): Json<(String, String)>) -> Answer {
    run(app, |app| app.db.call::<_, ()>(&app.public, "sign_up", who).map(|()| json!({}))).await
}

async fn login(State(app): State<Arc<App>>, Json(who): Json<(String, String)>) -> Answer {
    run(app, |app| app.db.call::<_, String>(&app.public, "login", who).map(|token| json!({"token": token})))
        .await
}

async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Answer {
    let list = move |app: &App| app.db.read(&bearer(&headers), |tx| tx.query("notes").collect::<Value>());
    run(app, move |app| Ok(list(app)?.into())).await
}

async fn write(State(app): State<Arc<App>>, headers: HeaderMap, Json(note): Json<Value>) -> Answer {
    let write = move |app: &App| {
        app.db.write(&bearer(&headers), |tx| {
            let me = tx.principal()?.identity().map(|me| me.document().to_owned());
            tx.create("notes", json!({"owner": me, "text": note["text"], "public": note["public"] == true}))
        })
    };
    run(app, move |app| Ok(json!({"id": write(app)?.id()}))).await
}

async fn delete(State(app): State<Arc<App>>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    run(app, move |app| app.db.write(&bearer(&headers), |tx| tx.delete("notes", &id)).map(|()| json!({})))
        .await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = Router::new()
        .route("/sign-up", post(sign_up))
        .route("/login", post(login))
        .route("/notes", get(list).post(write))
        .route("/notes/{id}", axum::routing::delete(delete))
        .with_state(Arc::new(open()?));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    // It goes on until its input ends: Ctrl-D, or whoever started it.
    let ended = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    axum::serve(listener, app).with_graceful_shutdown(async { drop(ended.await) }).await?;
    Ok(())
}
