//! Fallback, signing anew and deadlines, against a scripted transport on paused time.

use super::fake::Step::{self, Answer, Fail, Mute};
use super::fake::{NOW, Script, answer, code, dated, garbage, success};
use super::transport::*;
use super::*;
use crate::clock::WallClock;
use serde_json::json;
use tokio::time::Instant;

const CODE: &str = "PL-0123456789";
const FIRST: &str = "mkt.myhuaweicloud.com";
const SECOND: &str = "mkt.myhuaweicloud.cn";

struct Fixed(i64);

impl WallClock for Fixed {
    fn local(&self) -> i64 {
        self.0
    }
}

fn shop(steps: &[Step]) -> (Marketplace, Arc<Script>) {
    let script = Arc::new(Script::default());
    script.steps.lock().unwrap().extend(steps.iter().cloned());
    let market = Marketplace {
        transport: script.clone(),
        endpoints: Endpoints::new(None, None),
        credentials: Credentials::signed("AKAKAKAK", "SKSKSKSK").unwrap(),
        request_timeout: Duration::from_secs(15),
        expiry_offset_minutes: 0,
    };
    (market, script)
}

fn call(clock: &Fixed) -> Call<'_> {
    Call {
        clock,
        offset: 0,
        deadline: Instant::now() + Duration::from_secs(30),
    }
}

async fn activate(steps: &[Step]) -> (Reply<()>, Arc<Script>) {
    let (market, script) = shop(steps);
    let reply = market.activate(call(&Fixed(NOW)), CODE).await;
    assert!(script.steps.lock().unwrap().is_empty(), "not all was asked");
    (reply, script)
}

#[tokio::test(start_paused = true)]
async fn who_is_asked_and_whose_answer_counts() {
    use TransportErrorKind::*;
    let ok: Result<(), Status> = Ok(());
    // The script; the result; the host it comes from; whether the first host was silent.
    let table = vec![
        (vec![success()], ok, FIRST, false),
        (vec![Fail(Dns), success()], ok, SECOND, true),
        (vec![Fail(Connect), success()], ok, SECOND, true),
        (vec![Fail(Reset), success()], ok, SECOND, true),
        (vec![Fail(Tls), success()], ok, SECOND, true),
        (vec![Fail(Proxy), success()], ok, SECOND, true),
        (vec![Mute, success()], ok, SECOND, true),
        (vec![garbage(502), success()], ok, SECOND, false),
        (vec![code(503, "APIGW.0613"), success()], ok, SECOND, false),
        (vec![garbage(504), success()], ok, SECOND, false),
        (
            vec![code(502, "92020001")],
            Err(Status::Server),
            FIRST,
            false,
        ),
        (
            vec![code(503, "92020005")],
            Err(Status::UnknownLicense),
            FIRST,
            false,
        ),
        (vec![garbage(500)], Err(Status::Server), FIRST, false),
        (vec![garbage(200)], Err(Status::Protocol), FIRST, false),
        (vec![garbage(302)], Err(Status::Protocol), FIRST, false),
        (
            vec![code(429, "APIGW.0308")],
            Err(Status::Throttled),
            FIRST,
            false,
        ),
        (vec![Fail(ProxyAuth)], Err(Status::Proxy), FIRST, false),
        (vec![Fail(TooLarge)], Err(Status::Protocol), FIRST, false),
        (vec![Fail(Protocol)], Err(Status::Protocol), FIRST, false),
        (
            vec![Fail(Dns), Fail(Connect)],
            Err(Status::Network),
            FIRST,
            true,
        ),
        (vec![Fail(Tls), Fail(Dns)], Err(Status::Tls), FIRST, true),
        (vec![Mute, Fail(Dns)], Err(Status::Timeout), FIRST, true),
        (
            vec![Fail(Dns), garbage(502)],
            Err(Status::Server),
            SECOND,
            true,
        ),
        (
            vec![garbage(502), Fail(Dns)],
            Err(Status::Server),
            FIRST,
            false,
        ),
        (
            vec![garbage(502), garbage(503)],
            Err(Status::Server),
            FIRST,
            false,
        ),
        (
            vec![garbage(502), code(200, "92020005")],
            Err(Status::UnknownLicense),
            SECOND,
            false,
        ),
        (
            vec![Fail(Dns), code(200, "92020005")],
            Err(Status::UnknownLicense),
            SECOND,
            true,
        ),
    ];
    for (row, (steps, expected, host, silent)) in table.into_iter().enumerate() {
        let (reply, script) = activate(&steps).await;
        let result = reply.result.as_ref().map_err(|error| error.status);
        assert_eq!(result.copied(), expected, "row {row}");
        assert_eq!(reply.from_fallback, host == SECOND, "row {row}");
        assert_eq!(reply.first_was_silent, silent, "row {row}");
        if let Err(error) = &reply.result {
            assert_eq!(error.host.as_deref(), Some(host), "row {row}");
        }
        let asked = &[FIRST, SECOND][..steps.len()];
        assert_eq!(script.hosts(), asked, "row {row}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_fallback_is_signed_anew() {
    let (_, script) = activate(&[Fail(TransportErrorKind::Dns), success()]).await;
    let [first, second] = [0, 1].map(|n| script.header(n, "Authorization"));
    assert!(first.starts_with(
        "SDK-HMAC-SHA256 Access=AKAKAKAK, SignedHeaders=content-type;host;x-sdk-date, "
    ));
    assert_ne!(first, second);
    let asked = script.asked.lock().unwrap();
    let path = "/api/mkp-openapi-public/global/v1/license/activate";
    assert_eq!(asked[0].url, format!("https://{FIRST}{path}"));
    assert_eq!(asked[1].url, format!("https://{SECOND}{path}"));
    assert_eq!(asked[1].body, br#"{"license":"PL-0123456789"}"#);
}

#[tokio::test(start_paused = true)]
async fn no_fallback_is_asked_where_there_is_none() {
    let (mut market, script) = shop(&[Fail(TransportErrorKind::Dns)]);
    let relay = Endpoint::parse("https://relay.example.com").unwrap();
    market.endpoints = Endpoints::new(Some(relay), None);
    let reply = market.activate(call(&Fixed(NOW)), CODE).await;
    assert_eq!(reply.result.unwrap_err().status, Status::Network);
    assert_eq!(script.hosts(), ["relay.example.com"]);
}

#[tokio::test(start_paused = true)]
async fn deadlines_hold_whatever_the_hosts_do() {
    // Call limit, mute hosts, seconds it takes, hosts asked.
    let table = [
        (30, 2, 30, 2),
        (60, 2, 30, 2),
        (20, 2, 20, 2),
        (15, 1, 15, 1),
        (3, 1, 3, 1),
        (0, 0, 0, 0),
    ];
    for (limit, mute, takes, asked) in table {
        let (market, script) = shop(&vec![Mute; mute]);
        let clock = Fixed(NOW);
        let mut call = call(&clock);
        let start = Instant::now();
        call.deadline = start + Duration::from_secs(limit);
        let reply = market.query(call, CODE, None).await;
        let error = reply.result.unwrap_err();
        assert_eq!(error.status, Status::Timeout, "{limit}");
        assert_eq!(error.host.as_deref(), Some(FIRST), "{limit}");
        assert_eq!(start.elapsed().as_secs(), takes, "{limit}");
        assert_eq!(script.hosts().len(), asked, "{limit}");
    }
}

/// A refusal of the signature at the marketplace's own time.
fn refused_at(date: i64, text: &str) -> Step {
    let body = json!({"error_code": "APIGW.0301", "error_msg": text, "request_id": "r"});
    dated(401, body, date)
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_corrected_once_whatever_the_text_says() {
    let day = 86_400;
    let ok: Result<(), (Status, Cause)> = Ok(());
    let refused = Err((Status::Unauthorized, Cause::Refused));
    let clock = Err((Status::Unauthorized, Cause::Clock));
    let far = NOW + day;
    let sign = "verify aksk signature fail";
    let late = "signature expired, signature time: x, server time: y";
    let table: Vec<(Vec<Step>, _)> = vec![
        (
            vec![
                refused_at(far, sign),
                dated(200, json!({"error_code": "92020000"}), far),
            ],
            ok,
        ),
        (vec![refused_at(NOW - day, "anything"), success()], ok),
        (vec![garbage(401), success()], ok),
        (vec![refused_at(NOW + 301, sign), success()], ok),
        (vec![refused_at(NOW + 300, sign)], refused),
        (vec![refused_at(NOW - 300, late)], refused),
        (vec![refused_at(far, sign), refused_at(far, sign)], refused),
        (vec![refused_at(far, sign), refused_at(far, late)], clock),
        (
            vec![dated(403, json!({"error_code": "APIGW.0302"}), far)],
            refused,
        ),
        (
            vec![dated(401, json!({"error_code": "92020005"}), far)],
            Err((Status::UnknownLicense, Cause::Refused)),
        ),
        (
            vec![
                dated(401, json!({"error_code": "92020001"}), far),
                success(),
            ],
            ok,
        ),
    ];
    for (row, (steps, expected)) in table.into_iter().enumerate() {
        let (reply, script) = activate(&steps).await;
        let result = reply.result.map_err(|error| (error.status, error.cause));
        assert_eq!(result, expected, "row {row}");
        assert!(script.hosts().iter().all(|host| host == FIRST), "row {row}");
        assert_eq!(
            script.header(0, "X-Sdk-Date"),
            time::sdk_date(NOW),
            "row {row}"
        );
        if let [Answer(first), _] = &steps[..] {
            let date = time::sdk_date(first.date.unwrap());
            assert_eq!(script.header(1, "X-Sdk-Date"), date, "row {row}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_fallback_uses_the_offset_learnt_and_does_not_try_again() {
    let far = NOW - 7200;
    let steps = [
        refused_at(far, "skew"),
        Fail(TransportErrorKind::Reset),
        refused_at(far - 7200, "skew"),
    ];
    let (reply, script) = activate(&steps).await;
    assert_eq!(script.hosts(), [FIRST, FIRST, SECOND]);
    assert_eq!(script.header(2, "X-Sdk-Date"), time::sdk_date(far));
    assert_eq!(reply.result.unwrap_err().status, Status::Unauthorized);
    assert!(reply.from_fallback);
}

#[tokio::test(start_paused = true)]
async fn the_known_offset_is_signed_with() {
    let (market, script) = shop(&[refused_at(NOW + 900, "x")]);
    let clock = Fixed(NOW);
    let mut call = call(&clock);
    call.offset = 900;
    let reply = market.activate(call, CODE).await;
    assert_eq!(script.header(0, "X-Sdk-Date"), time::sdk_date(NOW + 900));
    let seen = Seen {
        date: NOW + 900,
        local: NOW,
        plain: false,
    };
    assert_eq!(reply.seen, Some(seen));
}

#[tokio::test(start_paused = true)]
async fn only_well_formed_answers_tell_the_time() {
    let (reply, _) = activate(&[garbage(502), success()]).await;
    assert_eq!(reply.seen.map(|seen| seen.date), Some(NOW));
    let (reply, _) = activate(&[garbage(200)]).await;
    assert_eq!(reply.seen, None);
}

#[tokio::test(start_paused = true)]
async fn a_relay_gets_the_token_and_no_signature() {
    let (mut market, script) = shop(&[refused_at(NOW + 9999, "bad t0ken-t0ken")]);
    market.credentials = Credentials::bearer("t0ken-t0ken").unwrap();
    market.endpoints.first = Endpoint::parse("http://127.0.0.1:8080/isc").unwrap();
    let reply = market.activate(call(&Fixed(NOW)), CODE).await;
    let error = reply.result.unwrap_err();
    assert_eq!(
        (error.status, error.http),
        (Status::Unauthorized, Some(401))
    );
    assert!(!error.to_string().contains("t0ken"), "{error}");
    assert!(reply.plain && reply.seen.unwrap().plain);
    assert_eq!(script.header(0, "Authorization"), "Bearer t0ken-t0ken");
    assert_eq!(script.header(0, "X-Sdk-Date"), "");
    let path = "/isc/api/mkp-openapi-public/global/v1/license/activate";
    let url = format!("http://127.0.0.1:8080{path}");
    assert_eq!(script.asked.lock().unwrap()[0].url, url);
}

#[tokio::test(start_paused = true)]
async fn without_credentials_nothing_is_asked() {
    let (mut market, script) = shop(&[]);
    market.credentials = Credentials::None;
    let reply = market.query(call(&Fixed(NOW)), CODE, None).await;
    assert_eq!(reply.result.unwrap_err().status, Status::Unsupported);
    assert!(script.hosts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn batches_have_their_limits() {
    let (market, script) = shop(&[success(), success()]);
    let clock = Fixed(NOW);
    let codes = |count: usize| vec![CODE.to_string(); count];
    let usage = |count: usize| {
        let one = Usage {
            license: CODE.into(),
            clients: Clients::ActiveNum(1),
        };
        vec![one; count]
    };
    for (count, expected) in [(0, Status::InvalidArgument), (101, Status::Limit)] {
        let many = market.activate_many(call(&clock), &codes(count)).await;
        assert_eq!(many.result.unwrap_err().status, expected);
        let report = market.report_usage(call(&clock), &usage(count)).await;
        assert_eq!(report.result.unwrap_err().status, expected);
    }
    assert_eq!(
        market.activate_many(call(&clock), &codes(100)).await.result,
        Ok(())
    );
    assert_eq!(
        market.report_usage(call(&clock), &usage(100)).await.result,
        Ok(())
    );
    let asked = script.asked.lock().unwrap();
    assert!(asked[0].url.ends_with("/v2/license/activate"));
    assert!(asked[1].url.ends_with("/v2/license/software-usage-info"));
}

#[tokio::test(start_paused = true)]
async fn a_query_gives_the_facts_or_says_what_is_wrong_with_the_answer() {
    let said = |data| {
        answer(
            200,
            json!({"error_code": "92020000", "error_msg": "", "data": data}),
        )
    };
    let alive =
        said(json!({"license_code": CODE, "status": "ALIVE", "expire_time": "20230726121646"}));
    let (market, script) = shop(&[
        alive,
        said(json!({"license_code": "other", "status": "ALIVE"})),
    ]);
    let clock = Fixed(NOW);
    let info = market.query(call(&clock), CODE, None).await.result.unwrap();
    assert_eq!(
        (info.status, info.expires_at),
        (LicenseState::Alive, 1_690_373_806)
    );
    let error = market
        .query(call(&clock), CODE, None)
        .await
        .result
        .unwrap_err();
    assert_eq!((error.status, error.http), (Status::Protocol, Some(200)));
    assert_eq!(error.host.as_deref(), Some(FIRST));
    let asked = script.asked.lock().unwrap();
    assert!(asked[0].url.ends_with("/v1/license/heartbeat"));
    assert_eq!(asked[0].body, br#"{"license":"PL-0123456789"}"#);
}
