//! One client for each account in a process: two made apart would know nothing of each other's pace, and Dropbox counts their calls
//! together. What is backed up and where the store lies can be the same account.

use std::sync::{Mutex, PoisonError};

use dropbox_client::Client;
use larder_model::Result;

use crate::remotes::Options;

/// The options of a place that its client is made with.
const OF_CALLS: [&str; 6] = ["pace", "retries", "threads", "call_budget", "bandwidth_up", "bandwidth_down"];

/// The clients that were made so far.
#[derive(Default)]
pub struct Clients(Mutex<Vec<Made>>);

struct Made {
    account: String,
    endpoint: Option<String>,
    options: Options,
    client: Client,
}

impl Clients {
    /// The client of an account, made at the first call; the options of that place count. `warn` is told when another place has others.
    pub fn get(
        &self,
        account: &str,
        options: &Options,
        make: impl FnOnce() -> Result<Client>,
        warn: impl FnOnce(String),
    ) -> Result<Client> {
        let endpoint = options.get("endpoint");
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.iter().find(|it| it.account == account && it.endpoint.as_deref() == endpoint) {
            if OF_CALLS.iter().any(|key| known.options.get(key) != options.get(key)) {
                warn(format!(
                    "two places use the account `{account}` with different options for its calls; those of the first count"
                ));
            }
            return Ok(known.client.clone());
        }
        let client = make()?;
        made.push(Made {
            account: account.to_owned(),
            endpoint: endpoint.map(str::to_owned),
            options: options.clone(),
            client: client.clone(),
        });
        Ok(client)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use dropbox_client::{Access, Secret, Settings};

    use super::*;
    use crate::remotes::{Role, find_spec};

    fn options(pairs: &[(&str, &str)]) -> Options {
        let mut options = Options::default();
        for (key, value) in pairs {
            options
                .set(find_spec(super::super::options::OPTIONS, Role::Source, "dropbox", key).unwrap(), value)
                .unwrap();
        }
        options
    }

    #[test]
    fn an_account_has_one_client_and_differences_are_told() {
        let (clients, made, warnings) = (Clients::default(), Cell::new(0), Cell::new(0));
        let get = |account: &str, pairs: &[(&str, &str)]| {
            let make = || {
                made.set(made.get() + 1);
                Ok(Client::new(Settings::new(Access::Token(Secret::new("x")))).unwrap())
            };
            clients.get(account, &options(pairs), make, |_| warnings.set(warnings.get() + 1)).unwrap();
            (made.get(), warnings.get())
        };
        assert_eq!(get("ann", &[("pace", "5")]), (1, 0));
        assert_eq!(get("ann", &[("pace", "5"), ("zip", "off")]), (1, 0));
        assert_eq!(get("ann", &[]), (1, 1));
        assert_eq!(get("bob", &[]), (2, 1));
        assert_eq!(get("ann", &[("endpoint", "http://127.0.0.1:1")]), (3, 1));
    }
}
