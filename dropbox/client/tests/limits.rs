//! Silence when Dropbox wants it, budgets, and stopping.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fake;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use dropbox_client::{
    CallBudget, Class, Client, Clock, CommitInfo, Content, DownloadFile, EventKind, ListFolder, Settings,
};
use fake::{Answer, Fake};

const SPACE: &str = r#"{"used":1,"allocation":{".tag":"individual","allocated":2}}"#;

/// All threads call; the first call is told to wait. Nobody may call before that is over.
fn silence_after(refusal: Answer, wait: Duration) {
    let fake = Fake::new(move |_, before| if before == 0 { refusal.clone() } else { Answer::json(SPACE) });
    let client = fake.client();
    client.space_usage().unwrap();
    let asked = fake.asked();
    assert_eq!(asked.len(), 2);
    let between = asked[1].at - asked[0].at;
    assert!(between >= wait, "the call was repeated after {between:?}");
}

/// The first of many calls is told to wait, while others come from other threads.
fn silence_of_all_threads_after(refusal: Answer, wait: Duration) {
    let fake = Fake::new(move |_, before| if before == 0 { refusal.clone() } else { Answer::json(SPACE) });
    let client = fake.client();
    let told = Arc::new(AtomicBool::new(false));
    let mut settings = fake.settings();
    let heard = told.clone();
    settings.hook = Some(Arc::new(move |event| {
        if matches!(event.kind, EventKind::Paused { .. }) {
            heard.store(true, Ordering::SeqCst);
        }
    }));
    let client_with_hook = Client::new(settings).unwrap();
    drop(client);
    std::thread::scope(|scope| {
        let first = client_with_hook.clone();
        scope.spawn(move || first.space_usage().unwrap());
        while !told.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        for _ in 0..6 {
            let client = client_with_hook.clone();
            scope.spawn(move || {
                client.space_usage().unwrap();
                client.list_folder(&ListFolder::of("")).unwrap_err();
            });
        }
    });
    let asked = fake.asked();
    assert!(asked.len() > 7);
    let early = asked[1..].iter().filter(|it| it.at - asked[0].at < wait).count();
    assert_eq!(early, 0, "calls were sent while Dropbox wanted silence");
    assert_eq!(client_with_hook.counts().rate_limits, 1);
}

#[test]
fn a_header_silences_all_threads() {
    silence_of_all_threads_after(Answer::status(429, "").header("Retry-After", "1"), Duration::from_secs(1));
}

#[test]
fn json_silences_all_threads() {
    let json =
        r#"{"error_summary":"too_many_requests/..","error":{"reason":{".tag":"too_many_requests"},"retry_after":1}}"#;
    silence_of_all_threads_after(Answer::status(429, json), Duration::from_secs(1));
}

#[test]
fn plain_text_silences_all_threads() {
    silence_of_all_threads_after(Answer::status(429, "Too many requests, retry after 1"), Duration::from_secs(1));
}

/// Whoever says "at once" again and again is asked less and less often.
#[test]
fn a_wait_of_nothing_grows() {
    let zero = || Answer::status(429, "").header("Retry-After", "0");
    let fake = Fake::new(move |_, before| if before < 3 { zero() } else { Answer::json(SPACE) });
    fake.client().space_usage().unwrap();
    let asked = fake.asked();
    let between: Vec<_> = asked.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    assert!(between[1] >= Duration::from_secs(1) && between[2] >= Duration::from_secs(2), "{between:?}");
}

#[test]
fn a_namespace_that_is_busy_is_left_alone_for_a_second() {
    let json = r#"{"error":{"reason":{".tag":"too_many_write_operations"}}}"#;
    silence_after(Answer::status(429, json), Duration::from_secs(1));
}

#[test]
fn a_server_that_is_down_may_ask_for_silence_too() {
    silence_after(Answer::status(503, "").header("Retry-After", "2"), Duration::from_secs(2));
}

#[test]
fn waiting_as_told_uses_up_no_retries() {
    let fake = Fake::new(|_, before| match before {
        0..3 => Answer::status(429, "").header("Retry-After", "0"),
        _ => Answer::json(SPACE),
    });
    let client = Client::new(Settings { retries: 0, ..fake.settings() }).unwrap();
    client.space_usage().unwrap();
    assert_eq!(client.counts().rate_limits, 3);
}

#[test]
fn a_wait_of_hours_ends_all_calls_at_once() {
    let fake = Fake::new(|_, _| Answer::status(429, "").header("Retry-After", "7200"));
    let client = fake.client();
    let begin = Instant::now();
    let error = client.space_usage().unwrap_err();
    assert_eq!((error.class(), error.retry_after()), (Class::Budget, Some(Duration::from_secs(7200))));
    assert_eq!(client.clone().space_usage().unwrap_err().class(), Class::Budget);
    assert_eq!(fake.asked().len(), 1, "the second call is not even sent");
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_change_stays_unclear_however_long_the_server_wants_to_rest() {
    let fake = Fake::new(|_, _| Answer::status(503, "").header("Retry-After", "7200"));
    let client = fake.client();
    assert_eq!(client.create_folder("/a").unwrap_err().class(), Class::Unclear);
    assert_eq!(client.create_folder("/a").unwrap_err().class(), Class::Budget);
    assert_eq!(fake.asked().len(), 1);
}

#[test]
fn a_budget_refuses_before_sending() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::new(|_, _| Answer::json(SPACE));
    let budget = CallBudget { path: folder.path().join("calls"), uploads: Some(0), others: Some(2) };
    let client = || Client::new(Settings { call_budget: Some(budget.clone()), ..fake.settings() }).unwrap();
    client().space_usage().unwrap();
    client().space_usage().unwrap();
    assert_eq!(client().space_usage().unwrap_err().class(), Class::Budget);
    let error = client().upload(&CommitInfo::add("/a"), &Content::empty()).unwrap_err();
    assert_eq!((error.class(), error.item()), (Class::Budget, Some("/a")));
    assert_eq!(fake.asked().len(), 2);
}

#[test]
fn uploads_that_dropbox_no_longer_takes_are_told_at_once() {
    let body = r#"{"error":{".tag":"invalid_account_type","invalid_account_type":{".tag":"feature"}},
        "user_message":{"text":"Your team's uploads are used up."}}"#;
    let fake = Fake::new(move |_, _| Answer::status(403, body));
    let error = fake.client().upload(&CommitInfo::add("/a"), &Content::from(&b"x"[..])).unwrap_err();
    assert_eq!((error.class(), error.user_message()), (Class::Budget, Some("Your team's uploads are used up.")));
    assert_eq!(fake.asked().len(), 1);
}

/// Begins a call that will not end by itself, stops it, and sees how long it goes on.
fn stops_soon(answer: Answer, call: impl FnOnce(&Client) -> Class + Send) {
    let fake = Fake::new(move |_, _| answer.clone());
    let stop = Arc::new(AtomicBool::new(false));
    let asks = stop.clone();
    let client =
        Client::new(Settings { cancel: Arc::new(move || asks.load(Ordering::SeqCst)), ..fake.settings() }).unwrap();
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| (call(&client), Instant::now()));
        while fake.asked().is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(300));
        assert!(!worker.is_finished());
        let stopped = Instant::now();
        stop.store(true, Ordering::SeqCst);
        let (class, ended) = worker.join().unwrap();
        assert_eq!(class, Class::Interrupted);
        let took = ended - stopped;
        assert!(took < Duration::from_millis(200), "it took {took:?} to stop");
    });
}

#[test]
fn stopping_ends_waiting_for_an_answer() {
    stops_soon(Answer::silence(), |client| client.space_usage().unwrap_err().class());
}

#[test]
fn stopping_ends_silence() {
    stops_soon(Answer::status(429, "").header("Retry-After", "600"), |client| {
        client.space_usage().unwrap_err().class()
    });
}

#[test]
fn stopping_ends_waiting_after_a_failure() {
    stops_soon(Answer::status(500, ""), |client| {
        loop {
            let class = client.space_usage().unwrap_err().class();
            if class != Class::Retry {
                return class;
            }
        }
    });
}

#[test]
fn a_limit_on_bandwidth_is_kept_both_ways() {
    let bytes = vec![7; 150 << 10];
    let file = fake::file_json("/a", &bytes);
    let body = bytes.clone();
    let fake = Fake::new(move |asked, _| match asked.route() {
        "files/download" => Answer::bytes(200, &body).header("Dropbox-API-Result", &file),
        _ => Answer::json(r#"{"session_id":"s"}"#),
    });
    let limit = Some(100 << 10);
    let client = Client::new(Settings { bandwidth_up: limit, bandwidth_down: limit, ..fake.settings() }).unwrap();
    let begin = Instant::now();
    client.start_session(dropbox_client::SessionKind::Sequential, &bytes.clone().into(), true).unwrap();
    let up = begin.elapsed();
    assert!(up > Duration::from_secs(1), "sent in {up:?}");
    let (_, got) = client.download_bytes(&DownloadFile::of("/a")).unwrap();
    let down = begin.elapsed() - up;
    assert!(down > Duration::from_millis(1400), "received in {down:?}");
    assert!(got == bytes);
    assert_eq!((client.counts().bytes_up, client.counts().bytes_down), (150 << 10, 150 << 10));
}

/// A second takes a millisecond.
struct FastClock(Instant);

impl Clock for FastClock {
    fn now(&self) -> Duration {
        self.0.elapsed() * 1000
    }

    fn time_of_day(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration / 1000);
    }

    fn random(&self) -> f64 {
        0.5
    }
}

/// Half an answer says nothing, and does not give a change another ten minutes.
#[test]
fn a_change_is_waited_for_ten_minutes_in_all() {
    let fake = Fake::new(|_, _| Answer::json("{}").without_end(Duration::from_millis(500)));
    let clock = Arc::new(FastClock(Instant::now()));
    let client = Client::new(Settings { clock: clock.clone(), ..fake.settings() }).unwrap();
    let before = clock.now();
    assert_eq!(client.create_folder("/a").unwrap_err().class(), Class::Unclear);
    let took = clock.now() - before;
    assert!(took >= Duration::from_secs(590) && took < Duration::from_secs(950), "{took:?}");
}
