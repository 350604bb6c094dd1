//! A login from its discovery to its end, against an authorization server in the process that holds every step to the
//! rules: registration, PKCE, state, resource, renewal.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use axum::Json;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::Url;

use super::*;

/// What the server knows and heard.
#[derive(Default)]
struct Known {
    base: String,
    /// The PKCE challenge of the login that is open.
    challenge: Option<String>,
    redirect: Option<String>,
    /// The token that counts now.
    access: Option<String>,
    /// What was asked for, in order.
    heard: Vec<String>,
}

type Desk = Arc<Mutex<Known>>;

fn router(desk: &Desk) -> axum::Router {
    axum::Router::new()
        .route("/mcp", post(serve))
        .route("/.well-known/oauth-protected-resource", get(resource))
        .route("/.well-known/oauth-protected-resource/mcp", get(resource))
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .route("/register", post(register))
        .route("/token", post(token))
        .with_state(Arc::clone(desk))
}

async fn serve(State(desk): State<Desk>, headers: HeaderMap, body: String) -> Response<Body> {
    let (base, access) = {
        let desk = desk.lock().unwrap();
        (desk.base.clone(), desk.access.clone())
    };
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    if access.is_none() || given != access.map(|token| format!("Bearer {token}")).as_deref() {
        let challenge = format!("Bearer resource_metadata=\"{base}/.well-known/oauth-protected-resource\"");
        return Response::builder().status(401).header("www-authenticate", challenge).body(Body::empty()).unwrap();
    }
    let message: Value = serde_json::from_str(&body).unwrap();
    match reply(&message) {
        Some(reply) => {
            Response::builder().header("content-type", "application/json").body(Body::from(reply.to_string())).unwrap()
        }
        None => Response::builder().status(202).body(Body::empty()).unwrap(),
    }
}

async fn resource(State(desk): State<Desk>) -> Json<Value> {
    let base = desk.lock().unwrap().base.clone();
    Json(json!({"resource": format!("{base}/mcp"), "authorization_servers": [base], "scopes_supported": ["read"]}))
}

async fn metadata(State(desk): State<Desk>) -> Json<Value> {
    let base = desk.lock().unwrap().base.clone();
    Json(json!({
        "issuer": base, "authorization_endpoint": format!("{base}/authorize"), "token_endpoint": format!("{base}/token"),
        "registration_endpoint": format!("{base}/register"), "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
    }))
}

async fn register(State(desk): State<Desk>, Json(asked): Json<Value>) -> (axum::http::StatusCode, Json<Value>) {
    let redirects = asked["redirect_uris"].clone();
    let mut desk = desk.lock().unwrap();
    desk.heard.push(format!("register {}", asked["client_name"].as_str().unwrap_or_default()));
    desk.redirect = redirects[0].as_str().map(ToOwned::to_owned);
    let answer = json!({"client_id": "client-7", "redirect_uris": redirects, "client_name": asked["client_name"],
        "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"]});
    (axum::http::StatusCode::CREATED, Json(answer))
}

async fn token(State(desk): State<Desk>, body: String) -> Result<Json<Value>, String> {
    let asked: BTreeMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let mut desk = desk.lock().unwrap();
    let word = |key: &str| asked.get(key).map(String::as_str).unwrap_or_default();
    desk.heard.push(format!("{} {} {}", word("grant_type"), word("code"), word("refresh_token")).trim_end().to_owned());
    assert_eq!(word("client_id"), "client-7");
    let number = match word("grant_type") {
        "authorization_code" => {
            let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(word("code_verifier").as_bytes()));
            assert_eq!(Some(proof), desk.challenge.take(), "the proof is of the one who asked");
            assert_eq!(Some(word("redirect_uri")), desk.redirect.as_deref());
            1
        }
        "refresh_token" => {
            assert_eq!(word("refresh_token"), "refresh-1");
            2
        }
        other => return Err(format!("no such grant: {other}")),
    };
    desk.access = Some(format!("access-{number}"));
    Ok(Json(json!({"access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
        "token_type": "Bearer", "expires_in": 3_600, "scope": "read"})))
}

fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let all = fs::read_dir(folder.join("data/logins")).into_iter().flatten().flatten();
    all.map(|entry| entry.path()).collect()
}

/// Opens the address as a browser would, and comes back with these changes.
async fn come_back(desk: &Desk, address: &str, code: &str, state: Option<&str>) {
    let address = Url::parse(address).unwrap();
    let asked: BTreeMap<String, String> = address.query_pairs().into_owned().collect();
    assert_eq!(address.path(), "/authorize");
    assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
    assert_eq!(asked["client_id"], "client-7");
    let (base, redirect) = {
        let mut desk = desk.lock().unwrap();
        desk.challenge = Some(asked["code_challenge"].clone());
        (desk.base.clone(), desk.redirect.clone().unwrap())
    };
    assert_eq!(asked.get("resource").map(String::as_str), Some(format!("{base}/mcp").as_str()));
    assert_eq!(asked["redirect_uri"], redirect);
    let mut back = Url::parse(&redirect.replace("localhost", "127.0.0.1")).unwrap();
    back.query_pairs_mut().append_pair("code", code).append_pair("state", state.unwrap_or(&asked["state"]));
    let answer = reqwest::Client::new().get(back).send().await.unwrap();
    assert_eq!(answer.status().is_success(), state.is_none());
}

#[tokio::test]
async fn a_login_is_found_out_proven_kept_for_the_owner_alone_and_renewed() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let desk = Desk::default();
    let base = listen(router(&desk)).await;
    desk.lock().unwrap().base.clone_from(&base);
    let bench = Bench::new(&json!([]));
    let (host, mut news) = bench.start(json!({"type": "http", "url": format!("{base}/mcp")}));
    assert_eq!(settled(&host).await, ServerState::NeedsLogin);

    // Somebody else's way back does not count.
    let login = host.login("toy").await.unwrap();
    let address = login.address();
    let finishing = tokio::spawn(login.finish());
    come_back(&desk, &address, "stolen", Some("another state")).await;
    assert!(finishing.await.unwrap().is_err());
    assert!(files(bench.folder.path()).is_empty());

    let login = host.login("toy").await.unwrap();
    let address = login.address();
    let finishing = tokio::spawn(login.finish());
    come_back(&desk, &address, "code-1", None).await;
    finishing.await.unwrap().unwrap();
    let [file] = files(bench.folder.path()).try_into().unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);

    // The token is of long ago, so its next use has to renew it.
    let mut kept: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert!(kept["token_received_at"].as_u64().unwrap() > 1_000);
    kept["token_received_at"] = json!(1_000);
    fs::write(&file, kept.to_string()).unwrap();

    host.reconnect("toy");
    while state(&host) != ServerState::Ready {
        news.recv().await.unwrap();
    }
    let answer = call(&host, "echo").await.unwrap();
    assert_eq!(answer.parts.len(), 1);
    let heard = desk.lock().unwrap().heard.clone();
    let last: Vec<&str> = heard.iter().rev().take(2).rev().map(String::as_str).collect();
    assert_eq!(last, ["authorization_code code-1", "refresh_token  refresh-1"], "{heard:?}");
    assert!(fs::read_to_string(&file).unwrap().contains("refresh-2"), "the new tokens are kept");
    assert!(host.logout("toy").unwrap() && files(bench.folder.path()).is_empty());
    host.close().await;
}
