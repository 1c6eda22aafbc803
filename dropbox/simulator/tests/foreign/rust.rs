//! Dropbox's types for Rust, which are generated from the published specification: they parse what the simulator answers.

use std::io::Read;
use std::sync::Arc;

use dropbox_sdk::client_trait::{HttpClient, HttpRequest, HttpRequestResultRaw, UserAuthClient};
use dropbox_sdk::types::files::{
    self, CommitInfo, DeleteArg, DownloadArg, ListFolderArg, ListFolderContinueArg, LookupError, Metadata,
    RelocationArg, UploadArg, UploadSessionCursor, UploadSessionFinishArg, UploadSessionFinishBatchArg,
    UploadSessionFinishBatchResultEntry, UploadSessionFinishError, UploadSessionStartArg,
};
use dropbox_sdk::{Error, sync_routes};
use dropbox_simulator::{Fault, FaultKind, Options, Simulator, When};

/// The SDK's idea of a transport, led to the simulator.
struct Transport {
    agent: ureq::Agent,
    endpoint: String,
    token: Arc<String>,
}

struct Request(ureq::RequestBuilder<ureq::typestate::WithBody>);

impl HttpRequest for Request {
    fn set_header(self, name: &str, value: &str) -> Self {
        // The length is that of the body, which ureq knows.
        if name.eq_ignore_ascii_case("content-length") { self } else { Self(self.0.header(name, value)) }
    }
}

impl HttpClient for Transport {
    type Request = Request;

    fn execute(&self, request: Request, body: &[u8]) -> Result<HttpRequestResultRaw, Error> {
        let answer = request.0.send(body).map_err(|problem| Error::HttpClient(Box::new(problem)))?;
        let header = |name: &str| Some(answer.headers().get(name)?.to_str().unwrap().to_owned());
        let (result_header, length) = (header("dropbox-api-result"), header("content-length"));
        let status = answer.status().as_u16();
        let content_length = length.and_then(|length| length.parse().ok());
        Ok(HttpRequestResultRaw {
            status,
            result_header,
            content_length,
            body: Box::new(answer.into_body().into_reader()),
        })
    }

    fn new_request(&self, url: &str) -> Request {
        let (_, route) = url.split_once(".com").unwrap();
        Request(self.agent.post(format!("{}{route}", self.endpoint)))
    }

    fn token(&self) -> Option<Arc<String>> {
        Some(Arc::clone(&self.token))
    }
}

impl UserAuthClient for Transport {}

fn start() -> (Simulator, Transport) {
    let simulator = Simulator::start(Options::default()).unwrap();
    let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    let token = Arc::new(simulator.account().token());
    let transport = Transport { agent, endpoint: simulator.endpoint(), token };
    (simulator, transport)
}

#[test]
fn listings_are_of_the_specified_types() {
    let (simulator, transport) = start();
    let account = simulator.account();
    account.write("/Folder/a.txt", b"1");
    account.add_symlink("/link", "target");
    account.add_paper("/doc.paper", "x", 0);
    account.write("/Shared/b", b"1");
    account.share("/Shared");
    let arg = ListFolderArg::new(String::new()).with_recursive(true).with_limit(2);
    let mut page = sync_routes::files::list_folder(&transport, &arg).unwrap();
    let mut entries = page.entries;
    while page.has_more {
        let arg = ListFolderContinueArg::new(page.cursor.clone());
        page = sync_routes::files::list_folder_continue(&transport, &arg).unwrap();
        entries.extend(page.entries);
    }
    let file = |name: &str| {
        entries.iter().find_map(|entry| match entry {
            Metadata::File(file) if file.name == name => Some(file),
            _ => None,
        })
    };
    assert_eq!(entries.len(), 6);
    assert_eq!(file("link").unwrap().symlink_info.as_ref().unwrap().target, "target");
    assert!(!file("doc.paper").unwrap().is_downloadable);
    assert!(file("b").unwrap().sharing_info.is_some());
    account.delete("/Folder");
    let changes =
        sync_routes::files::list_folder_continue(&transport, &ListFolderContinueArg::new(page.cursor)).unwrap();
    assert!(matches!(&changes.entries[..], [Metadata::Deleted(it)] if it.path_lower.as_deref() == Some("/folder")));
}

#[test]
fn files_go_in_and_come_out() {
    let (_simulator, transport) = start();
    let written = sync_routes::files::upload(&transport, &UploadArg::new("/Ünï.txt".into()), b"hello").unwrap();
    let arg = DownloadArg::new(format!("rev:{}", written.rev));
    let got = sync_routes::files::download(&transport, &arg, None, None).unwrap();
    let mut bytes = Vec::new();
    got.body.unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!((got.result, bytes.as_slice()), (written, b"hello".as_slice()));
    let moved = RelocationArg::new("/Ünï.txt".into(), "/b".into());
    assert!(matches!(sync_routes::files::move_v2(&transport, &moved).unwrap().metadata, Metadata::File(_)));
    let gone = sync_routes::files::delete_v2(&transport, &DeleteArg::new("/Ünï.txt".into())).unwrap_err();
    let Error::Api(files::DeleteError::PathLookup(LookupError::NotFound)) = gone else { panic!("{gone:?}") };
}

#[test]
fn sessions_finish_with_typed_errors() {
    let (_simulator, transport) = start();
    let arg = UploadSessionStartArg::default().with_close(true);
    let session = sync_routes::files::upload_session_start(&transport, &arg, b"hello").unwrap().session_id;
    let finish = |offset| {
        let cursor = UploadSessionCursor::new(session.clone(), offset);
        let entry = UploadSessionFinishArg::new(cursor, CommitInfo::new("/a".into()));
        let batch = UploadSessionFinishBatchArg::new(vec![entry]);
        let answer = sync_routes::files::upload_session_finish_batch_v2(&transport, &batch).unwrap();
        answer.entries.into_iter().next().unwrap()
    };
    let UploadSessionFinishBatchResultEntry::Failure(UploadSessionFinishError::LookupFailed(
        files::UploadSessionLookupError::IncorrectOffset(wrong),
    )) = finish(3)
    else {
        panic!("3 is not where the session ends")
    };
    assert_eq!(wrong.correct_offset, 5);
    assert!(matches!(finish(5), UploadSessionFinishBatchResultEntry::Success(file) if file.size == 5));
}

#[test]
fn refusals_are_understood() {
    let (simulator, transport) = start();
    let list = || sync_routes::files::list_folder(&transport, &ListFolderArg::new(String::new())).unwrap_err();
    let refused = |kind| {
        simulator.clear_faults();
        simulator.add_fault(Fault { route: "*".into(), when: When::Always, kind });
        list()
    };
    assert!(matches!(refused(FaultKind::Json429), Error::RateLimited { retry_after_seconds: 1, .. }));
    assert!(matches!(refused(FaultKind::Contention), Error::RateLimited { .. }));
    assert!(matches!(refused(FaultKind::MissingScope), Error::Authentication(_)));
    assert!(matches!(refused(FaultKind::Forbidden), Error::AccessDenied(_)));
    assert!(matches!(refused(FaultKind::Html503), Error::ServerError(_)));
}

#[test]
fn accounts_are_of_the_specified_types() {
    let (simulator, transport) = start();
    simulator.account().write("/a", b"12345");
    let account = sync_routes::users::get_current_account(&transport).unwrap();
    assert_eq!(account.email, "ann@example.com");
    assert_eq!(sync_routes::users::get_space_usage(&transport).unwrap().used, 5);
}
