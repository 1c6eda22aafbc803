//! Whose account it is, and how much room it has (namespace `users`).

use serde::Deserialize;

/// `users/get_current_account`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)]
pub struct Account {
    /// `dbid:` and 35 characters. Stable: two accounts never share it.
    pub account_id: String,
    pub name: Name,
    pub email: String,
    #[serde(default)]
    pub email_verified: bool,
    #[serde(default)]
    pub disabled: bool,
    pub country: Option<String>,
    pub locale: Option<String>,
    /// The team that the account is a member of.
    pub team: Option<Team>,
    pub team_member_id: Option<String>,
    /// What paths can be relative to.
    pub root_info: RootInfo,
}

/// How a person is called.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Name {
    /// As Dropbox shows it.
    pub display_name: String,
}

/// A Dropbox team.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Team {
    /// `dbtid:` and more.
    pub id: String,
    /// As its administrator named it.
    pub name: String,
}

/// The roots of an account. It is part of a team with shared folders of its own if the two ids differ, whatever the tag says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RootInfo {
    /// Where everything that the account can see hangs.
    pub root_namespace_id: String,
    /// Where the account's own files are.
    pub home_namespace_id: String,
    /// The way from the first to the second, if they differ.
    pub home_path: Option<String>,
}

impl RootInfo {
    /// Whether there is more above the account's own folder.
    pub fn has_team_root(&self) -> bool {
        self.root_namespace_id != self.home_namespace_id
    }
}

/// `users/get_space_usage`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SpaceUsage {
    /// Bytes that this account uses.
    pub used: u64,
    /// What it may use.
    pub allocation: SpaceAllocation,
}

impl SpaceUsage {
    /// Bytes that can still be stored, by the smallest of all limits; `None` if Dropbox does not say.
    pub fn free(&self) -> Option<u64> {
        match &self.allocation {
            SpaceAllocation::Individual { allocated } => Some(allocated.saturating_sub(self.used)),
            SpaceAllocation::Team {
                used,
                allocated,
                user_within_team_space_allocated: own,
                user_within_team_space_used_cached: own_used,
            } => {
                let of_team = allocated.saturating_sub(*used);
                // Either count may lag behind the other.
                let of_member = own.saturating_sub(own_used.unwrap_or(0).max(self.used));
                Some(if *own == 0 { of_team } else { of_team.min(of_member) })
            }
            SpaceAllocation::Other => None,
        }
    }
}

/// Whom the room is given to. Figures are bytes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub enum SpaceAllocation {
    /// This account alone.
    Individual {
        /// All that it may use.
        allocated: u64,
    },
    /// A team, which shares it.
    Team {
        /// What the whole team uses.
        used: u64,
        /// What the whole team may use.
        allocated: u64,
        /// What this member may use of it; 0 is no limit.
        #[serde(default)]
        user_within_team_space_allocated: u64,
        /// What this member uses of it, as Dropbox counted it lately.
        #[serde(default)]
        user_within_team_space_used_cached: Option<u64>,
    },
    /// Something newer than this client.
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn free(allocation: serde_json::Value) -> Option<u64> {
        let usage = json!({"used": 40, "allocation": allocation});
        serde_json::from_value::<SpaceUsage>(usage).unwrap().free()
    }

    #[test]
    fn the_smallest_limit_counts() {
        assert_eq!(free(json!({".tag": "individual", "allocated": 100})), Some(60));
        assert_eq!(free(json!({".tag": "individual", "allocated": 30})), Some(0));
        let team =
            |own: u64| json!({".tag": "team", "used": 500, "allocated": 1000, "user_within_team_space_allocated": own});
        assert_eq!(free(team(0)), Some(500));
        assert_eq!(free(team(100)), Some(60));
        assert_eq!(free(team(10_000)), Some(500));
        let mut counted = team(100);
        counted["user_within_team_space_used_cached"] = json!(70);
        assert_eq!(free(counted.clone()), Some(30));
        counted["user_within_team_space_used_cached"] = json!(10);
        assert_eq!(free(counted), Some(60));
        assert_eq!(free(json!({".tag": "galactic"})), None);
    }
}
