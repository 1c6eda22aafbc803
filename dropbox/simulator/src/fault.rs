//! What goes wrong on purpose, by rule and from a seed.

use crate::random::Random;

/// A rule: which calls fail, when, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// A route such as `files/download`, or the beginning of some with a star: `files/upload_session/*`, `*`.
    pub route: String,
    pub when: When,
    pub kind: FaultKind,
}

/// Counts are of the calls that the rule's route fits, from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    Always,
    /// This call only.
    Call(u64),
    /// The first calls, so many.
    First(u64),
    /// Each call whose number is a multiple.
    Every(u64),
    /// By chance, from 0 to 1.
    Chance(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// 500, no body, `application/grpc`.
    Grpc500,
    /// 502 with JSON.
    Json502,
    /// 503 with a page in HTML.
    Html503,
    /// The call is carried out, and answered with 503.
    Done503,
    /// The connection ends without an answer, and nothing is done.
    NoAnswer,
    /// The call is carried out, and the connection ends without an answer.
    LostAnswer,
    /// The connection ends in the middle of the answer's body.
    ResetBody,
    /// The answer's body is shorter, and says so: only its size and hash tell.
    Truncate,
    /// One byte of the answer's body is another.
    Flip,
    /// 401 `expired_access_token`.
    ExpiredToken,
    /// 401 `invalid_access_token`.
    InvalidToken,
    /// 401 `missing_scope`.
    MissingScope,
    /// 429 with a text.
    Plain429,
    /// 429 with JSON.
    Json429,
    /// 429 `too_many_write_operations`, without `retry_after`.
    Contention,
    /// 403 `invalid_account_type`.
    Forbidden,
    /// 409 `reset`, for cursors.
    Reset,
    /// 409 `not_found` of what is there, as right after it was made.
    NotFound,
    /// The answer takes five seconds.
    Slow,
    /// The answer tells another `content_hash` of every file than it has.
    OtherHash,
    /// Nothing is done, and neither an answer nor an end of the connection comes.
    Hang,
    /// The call is carried out, and then the same.
    DoneHang,
    /// This status, with no body, as proxies give it.
    Status(u16),
}

impl FaultKind {
    const NAMES: &[(&str, Self)] = &[
        ("grpc_500", Self::Grpc500),
        ("json_502", Self::Json502),
        ("html_503", Self::Html503),
        ("done_503", Self::Done503),
        ("no_answer", Self::NoAnswer),
        ("lost_answer", Self::LostAnswer),
        ("reset_body", Self::ResetBody),
        ("truncate", Self::Truncate),
        ("flip", Self::Flip),
        ("expired_token", Self::ExpiredToken),
        ("invalid_token", Self::InvalidToken),
        ("missing_scope", Self::MissingScope),
        ("plain_429", Self::Plain429),
        ("json_429", Self::Json429),
        ("contention", Self::Contention),
        ("forbidden", Self::Forbidden),
        ("reset", Self::Reset),
        ("not_found", Self::NotFound),
        ("slow", Self::Slow),
        ("other_hash", Self::OtherHash),
        ("hang", Self::Hang),
        ("done_hang", Self::DoneHang),
    ];

    /// By the names of the `/sim/fault` interface; a status is `status_413`.
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some(status) = name.strip_prefix("status_") {
            return status.parse().ok().filter(|status| (400..600).contains(status)).map(Self::Status);
        }
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }

    /// Whether the call is carried out before the fault shows.
    pub fn is_late(self) -> bool {
        matches!(
            self,
            Self::Done503
                | Self::LostAnswer
                | Self::ResetBody
                | Self::Truncate
                | Self::Flip
                | Self::Slow
                | Self::OtherHash
                | Self::DoneHang
        )
    }
}

/// All rules, and how often each has been asked.
#[derive(Debug)]
pub struct Faults {
    seed: u64,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    fault: Fault,
    seen: u64,
    random: Random,
}

impl Faults {
    pub fn new(seed: u64) -> Self {
        Self { seed, rules: Vec::new() }
    }

    pub fn add(&mut self, fault: Fault) {
        // Each rule has its own stream: adding one does not change when another strikes.
        let random = Random::new(self.seed.wrapping_add(1 + self.rules.len() as u64));
        self.rules.push(Rule { fault, seen: 0, random });
    }

    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// The first rule that strikes this call. All rules that fit count it.
    pub fn strike(&mut self, route: &str) -> Option<FaultKind> {
        let fits = |rule: &&mut Rule| fits(&rule.fault.route, route);
        let struck = self.rules.iter_mut().filter(fits).filter_map(Rule::strike);
        struck.collect::<Vec<_>>().into_iter().next()
    }
}

impl Rule {
    fn strike(&mut self) -> Option<FaultKind> {
        self.seen += 1;
        let strikes = match self.fault.when {
            When::Always => true,
            When::Call(number) => self.seen == number,
            When::First(count) => self.seen <= count,
            When::Every(count) => self.seen.is_multiple_of(count),
            When::Chance(probability) => self.random.chance(probability),
        };
        strikes.then_some(self.fault.kind)
    }
}

fn fits(pattern: &str, route: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => route.starts_with(beginning),
        None => route == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(when: When) -> Vec<u64> {
        let mut faults = Faults::new(5);
        faults.add(Fault { route: "files/*".into(), when, kind: FaultKind::Flip });
        (1..=6).filter(|_| faults.strike("files/download").is_some()).collect()
    }

    #[test]
    fn faults_have_names() {
        for name in FaultKind::names() {
            assert!(FaultKind::from_name(name).is_some(), "{name}");
        }
        assert_eq!(FaultKind::from_name("status_431"), Some(FaultKind::Status(431)));
        assert_eq!(FaultKind::from_name("status_200"), None);
    }

    #[test]
    fn rules_count_the_calls_that_fit() {
        assert_eq!(strikes(When::Call(2)), [2]);
        assert_eq!(strikes(When::First(2)), [1, 2]);
        assert_eq!(strikes(When::Every(3)), [3, 6]);
        assert_eq!(strikes(When::Always).len(), 6);
        assert_eq!(strikes(When::Chance(0.5)), strikes(When::Chance(0.5)));
        let mut faults = Faults::new(5);
        faults.add(Fault { route: "files/download".into(), when: When::Call(1), kind: FaultKind::Flip });
        assert_eq!(faults.strike("files/download_zip"), None);
        assert_eq!(faults.strike("files/download"), Some(FaultKind::Flip));
    }
}
